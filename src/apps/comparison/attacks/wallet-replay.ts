import { expectAccessToken } from '../answers';
import { signedChallenge } from '../wallet-client';
import { type Attack, attempt } from './attack';
import { race, replayed, thiefFirst } from './replay';

/** The rate limit for one nonce. */
const racers = 10;

/** A signature that is used more than once, or too late. */
export const signatureReplayAttacks = [
  {
    id: 'wallet.replayed-signature',
    title: 'Replayed signature',
    model: 'wallet',
    knowledge: 'The nonce and the signature, read from a log after the owner had sent them.',
    attempt:
      'Sends them again at once, and again as if seconds had passed (the run back-dates the grant that its own challenge became).',
    defence:
      'A challenge is deleted by its redemption and remembered by the grant that it became. A repeat at once may be a concurrent duplicate and revokes nothing; a late one with the right signature is theft and revokes what was issued.',
    source: 'EIP-4361, Security Considerations: Preventing Replay Attacks',
    refusals: ['challenge_used'],
    mount: async (context) => {
      const { nonce, request } = await signedChallenge(context);
      const accessToken = expectAccessToken('the victim’s verification', await context.wire.send(request));
      return replayed(context, request, accessToken, 'wallet_challenge', nonce);
    },
  },
  {
    id: 'wallet.expired',
    title: 'Expired challenge',
    model: 'wallet',
    knowledge: 'The nonce and a valid signature that were never used, found later.',
    attempt: 'Sends them after the challenge has expired (the run back-dates its own challenge instead of waiting).',
    defence: 'Expiry is a condition of every redemption, also while the record has not been swept.',
    source: 'EIP-4361, Expiration Time',
    refusals: ['challenge_expired'],
    mount: async (context) => {
      const { nonce, request } = await signedChallenge(context);
      await context.operator.expire('wallet_challenge', nonce);
      return { attempts: [await attempt(context, request)], checks: [] };
    },
  },
  {
    id: 'wallet.double-spend',
    title: 'Parallel double spend of a signature',
    model: 'wallet',
    knowledge: 'The nonce and the signature, read on their way.',
    attempt: `Sends them ${racers} times at once.`,
    defence:
      'Every request is verified, and then one of them redeems the challenge: the losers did the work and get nothing.',
    source: 'EIP-4361, Security Considerations: Preventing Replay Attacks',
    refusals: ['challenge_used'],
    mount: async (context) => {
      const { request } = await signedChallenge(context);
      return race(context, request, racers, 'verifications');
    },
  },
  {
    id: 'wallet.thief-first',
    title: 'Thief signs in first',
    model: 'wallet',
    knowledge: 'The nonce and the signature, read on their way and kept from arriving.',
    attempt:
      'Sends them before their owner, and goes on using the tokens after the owner’s own request has come (the run back-dates the grant, as if seconds had passed).',
    defence:
      'Nothing can tell the thief from the owner when it comes first. The owner’s request then is the second one with the right signature: it ends what the thief got.',
    source: 'EIP-4361, Security Considerations: Preventing Replay Attacks',
    refusals: ['access_token_revoked'],
    expected: 'detected',
    mount: async (context) => {
      const { nonce, request } = await signedChallenge(context);
      return thiefFirst(context, request, 'wallet_challenge', nonce);
    },
  },
] as const satisfies readonly Attack[];
