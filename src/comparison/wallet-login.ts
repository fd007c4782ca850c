import { expectAccessToken, expectChallenge } from './answers';
import { shortened } from './credentials';
import { meRequest } from './pkce-client';
import type { LoginRecorder } from './recorder';
import type { Stage } from './stage';
import { challengeRequest, newWallet, sign, verifyRequest } from './wallet-client';
import type { WireRequest } from './wire';

export const walletSteps = 5;

/** A whole login by a signature: a dApp, and a wallet with a fresh key. */
export async function logInByWallet(stage: Stage, recorder: LoginRecorder): Promise<void> {
  const send = (request: WireRequest) => stage.wire.send(request);

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
  const issued = await recorder.exchange(
    {
      step: 'challenge',
      phase: 'challenge',
      actor: 'client',
      action: 'brings the address to the server, and gets a nonce and the message to sign',
    },
    challengeRequest(stage, wallet.address),
    send,
    (answer) => {
      const { nonce } = expectChallenge('the challenge request', answer);
      return { holds: { nonce }, traces: [{ kind: 'wallet_challenge', id: nonce }] };
    },
  );
  const { nonce, message } = expectChallenge('the challenge request', issued);
  const signature = await recorder.inside(
    { step: 'sign', phase: 'proof', actor: 'wallet', action: 'shows the message to its owner and signs it' },
    () => sign(stage, wallet, message),
    (made) => ({ holds: { signature: shortened(made) } }),
  );
  const verified = await recorder.exchange(
    {
      step: 'verify',
      phase: 'proof',
      actor: 'client',
      action: 'sends the nonce and the signature, and gets tokens',
    },
    verifyRequest({ nonce, signature }),
    send,
  );
  const accessToken = expectAccessToken('the verification', verified);
  await recorder.exchange(
    { step: 'resource', phase: 'resource', actor: 'client', action: 'uses the access token' },
    meRequest(accessToken),
    send,
  );
}
