import { createWalletLogin } from '@tessera/client/wallet';
import { ClientLine } from './client-line';
import { shortened } from './credentials';
import { meRequest } from './pkce-client';
import type { LoginRecorder } from './recorder';
import type { Stage } from './stage';
import { newWallet, sign } from './wallet-client';

export const walletSteps = 5;

/** A whole login by a signature: a dApp, which logs in by @tessera/client, and a wallet with a fresh key. */
export async function logInByWallet(stage: Stage, recorder: LoginRecorder): Promise<void> {
  const { issuer, clients, chainId, wire, now } = stage;
  const line = new ClientLine(wire);
  const { clientId, walletOrigin: origin } = clients.dapp;
  // Without a verifier: a wallet's login that has both is told beside the two models, and not measured as one of them.
  const login = createWalletLogin({
    issuer,
    clientId,
    origin,
    scope: 'openid',
    codeVerifier: false,
    fetch: line.fetch,
    now,
  });

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
    line,
    () => login.challenge({ address: wallet.address, chainId }),
    ({ nonce }) => ({ holds: { nonce }, traces: [{ kind: 'wallet_challenge', id: nonce }] }),
  );
  const signature = await recorder.inside(
    { step: 'sign', phase: 'proof', actor: 'wallet', action: 'shows the message to its owner and signs it' },
    () => sign(stage, wallet, message),
    (made) => ({ holds: { signature: shortened(made) } }),
  );
  const { accessToken } = await recorder.call(
    {
      step: 'verify',
      phase: 'proof',
      actor: 'client',
      action: 'sends the nonce and the signature, and gets tokens',
    },
    line,
    () => login.verify({ message, signature }),
  );
  await recorder.exchange(
    { step: 'resource', phase: 'resource', actor: 'client', action: 'uses the access token' },
    meRequest(accessToken),
    (request) => wire.send(request),
  );
}
