import { hiddenFields } from '../../browser/page-form';
import { Browser } from '../browser';
import { assertedLogin, assertionRequest, isSignedIn } from '../passkey-client';
import { type Attack, attempt } from './attack';
import { lateMs } from './replay';

const racers = 10;

/** An assertion that is used more than once, too late, or in another browser. */
export const assertionReplayAttacks = [
  {
    id: 'passkey.replayed-assertion',
    title: 'Replayed assertion',
    model: 'passkey',
    knowledge:
      'The whole login form with the assertion, cookies included, read from a log after its owner had sent it.',
    attempt:
      'Sends it again at once, and again as if seconds had passed (the run back-dates the session that its own challenge became).',
    defence:
      'A challenge is deleted by its redemption and remembered by the session that it became. A repeat at once may be a concurrent duplicate and ends nothing; a late one with the right signature is theft and ends the session.',
    source: 'WebAuthn Level 3 §13.4.3',
    refusals: ['challenge_used'],
    mount: async (context) => {
      const { browser, challenge, request } = await assertedLogin(context);
      await browser.send(request);
      const duplicate = await attempt(context, request);
      const stays = await isSignedIn(browser);
      await context.operator.ageSession('passkey_login', challenge.challenge, lateMs);
      const late = await attempt(context, request);
      return {
        attempts: [duplicate, late],
        checks: [
          { claim: 'a repeat at once left the owner’s session alone', held: stays },
          { claim: 'a late one ended it', held: !(await isSignedIn(browser)) },
        ],
      };
    },
  },
  {
    id: 'passkey.stolen-assertion',
    title: 'Stolen assertion in another browser',
    model: 'passkey',
    knowledge: 'An assertion that was never used, read on its way; not the cookies of its browser.',
    attempt: 'Sends it from its own browser, in the form of its own login page.',
    defence: 'A challenge belongs to the browser whose page asked for it. To any other it is unknown.',
    source: 'docs/http-api.md, section Passkey model; RFC 6749 §10.12',
    refusals: ['challenge_unknown'],
    mount: async (context) => {
      const { challenge, credential, browser, request } = await assertedLogin(context);
      const thief = new Browser(context.wire, context.credentials);
      const page = await thief.send(thief.prepare({ method: 'GET', path: '/login' }));
      const theft = thief.prepare(assertionRequest({ ...challenge, hidden: hiddenFields(page.text) }, credential));
      const made = await attempt(context, theft);
      await browser.send(request);
      return {
        attempts: [made],
        checks: [{ claim: 'the owner then signed in with it', held: await isSignedIn(browser) }],
      };
    },
  },
  {
    id: 'passkey.expired',
    title: 'Expired challenge of a passkey',
    model: 'passkey',
    knowledge: 'An assertion that was never used, found later with its browser’s cookies.',
    attempt: 'Sends it after the challenge has expired (the run back-dates its own challenge instead of waiting).',
    defence: 'Expiry is a condition of every redemption, also while the record has not been swept.',
    source: 'WebAuthn Level 3 §13.4.3',
    refusals: ['challenge_expired'],
    mount: async (context) => {
      const { challenge, request } = await assertedLogin(context);
      await context.operator.expire('passkey_login', challenge.challenge);
      return { attempts: [await attempt(context, request)], checks: [] };
    },
  },
  {
    id: 'passkey.double-spend',
    title: 'Parallel double spend of an assertion',
    model: 'passkey',
    knowledge: 'The whole login form with the assertion of a synced passkey, cookies included, read on its way.',
    attempt: `Sends it ${racers} times at once.`,
    defence: 'Every request is verified, and then one of them redeems the challenge with the session that it becomes.',
    source: 'WebAuthn Level 3 §13.4.3',
    refusals: ['challenge_used'],
    mount: async (context) => {
      const { request } = await assertedLogin(context);
      const attempts = await Promise.all(Array.from({ length: racers }, () => attempt(context, request)));
      const winners = attempts.filter(({ answer }) => answer.status === 303).length;
      return {
        attempts,
        checks: [{ claim: `one of ${racers} assertions began a session`, held: winners === 1 }],
        winners: 1,
      };
    },
  },
] as const satisfies readonly Attack[];
