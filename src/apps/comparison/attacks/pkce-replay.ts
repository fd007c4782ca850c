import { type Attack, attempt } from './attack';
import { issuedCode, redeem } from './pkce-victim';
import { race, replayed } from './replay';

const racers = 20;

/** A code that is redeemed more than once, or too late. */
export const codeReplayAttacks = [
  {
    id: 'pkce.replayed-code',
    title: 'Replayed code',
    model: 'pkce',
    knowledge: 'The whole token request, code_verifier included, read from a log after the owner had sent it.',
    attempt:
      'Sends it again at once, and again as if seconds had passed (the run back-dates the grant that its own code became).',
    defence:
      'A code is deleted by its redemption and remembered by the grant that it became. A repeat at once may be a concurrent duplicate and revokes nothing; a late one with the right verifier is theft and revokes what was issued.',
    source: 'RFC 6749 §4.1.2, OAuth 2.1 §7.5.2',
    refusals: ['code_used'],
    mount: async (context) => {
      const login = await issuedCode(context);
      const accessToken = await redeem(context, login);
      return replayed(context, login.request, accessToken, 'authorization_code', login.code);
    },
  },
  {
    id: 'pkce.double-spend',
    title: 'Parallel double spend of a code',
    model: 'pkce',
    knowledge: 'The whole token request, code_verifier included, read on its way.',
    attempt: `Sends it ${racers} times at once.`,
    defence: 'The store verifies and deletes in one atomic step: of any number of redemptions one succeeds.',
    source: 'RFC 6749 §4.1.2',
    refusals: ['code_used'],
    mount: async (context) => {
      const { request } = await issuedCode(context);
      return race(context, request, racers, 'redemptions');
    },
  },
  {
    id: 'pkce.expired',
    title: 'Expired code',
    model: 'pkce',
    knowledge: 'A code that was never redeemed, and even its code_verifier, found later.',
    attempt: 'Redeems the code after its time is over (the run back-dates its own code instead of waiting).',
    defence: 'Expiry is a condition of every redemption, also while the record has not been swept.',
    source: 'RFC 6749 §4.1.2',
    refusals: ['code_expired'],
    mount: async (context) => {
      const { code, request } = await issuedCode(context);
      await context.operator.expire('authorization_code', code);
      return { attempts: [await attempt(context, request)], checks: [] };
    },
  },
] as const satisfies readonly Attack[];
