import { shortened } from './credentials';
import type { LoginRecorder } from './recorder';
import { meRequest } from './resource';
import type { RunContext } from './run-context';
import { newDapp, newWallet, sign } from './wallet-client';

export const walletSteps = 5;

/** A whole login by signature: a dApp, which logs in by @tessera/client, and a wallet with a new key. */
export async function logInByWallet(context: RunContext, recorder: LoginRecorder): Promise<void> {
  const { login, http } = newDapp(context);

  const wallet = await recorder.inside(
    {
      step: 'generate',
      phase: 'challenge',
      actor: 'wallet',
      action: 'makes a key pair; its address is the hash of the public key',
    },
    async () => newWallet(),
    ({ address }) => ({ holds: { address, private_key: 'never leaves the wallet' } }),
  );
  const { message } = await recorder.call(
    {
      step: 'challenge',
      phase: 'challenge',
      actor: 'client',
      action: 'brings the address to the server, and gets a nonce and the message to sign',
    },
    http,
    () =>
      http.expect('the challenge request', () =>
        login.challenge({ address: wallet.address, chainId: context.chainId }),
      ),
    ({ nonce }) => ({ holds: { nonce }, traces: [{ kind: 'wallet_challenge', id: nonce }] }),
  );
  const signature = await recorder.inside(
    { step: 'sign', phase: 'proof', actor: 'wallet', action: 'shows the message to its owner and signs it' },
    () => sign(context, wallet, message),
    (made) => ({ holds: { signature: shortened(made) } }),
  );
  const { accessToken } = await recorder.call(
    {
      step: 'verify',
      phase: 'proof',
      actor: 'client',
      action: 'sends the nonce and the signature, and gets tokens',
    },
    http,
    () => http.expect('the verification', () => login.verify({ message, signature })),
  );
  await recorder.exchange(
    { step: 'resource', phase: 'resource', actor: 'client', action: 'uses the access token' },
    meRequest(accessToken),
    (request) => context.wire.send(request),
  );
}
