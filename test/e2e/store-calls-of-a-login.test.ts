import { describe, expect, it } from '@jest/globals';
import { StoreCalls } from '../../src/platform/storage/store-calls';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { newAccount, signIn } from '../support/clients/wallet';

/** What runs by itself meanwhile, and is of no login. */
const background = /^(?:audit_|inspector\.|signing_keys\.)/;

describe.each(bothStores)('what a login asks of the store on %s', (store) => {
  const service = fixture(() => startService(store, { RATE_LIMIT: 'on' }));
  const browser = fixture(() => loggedIn(service));

  /** The calls that reach the database, by store and operation. */
  async function callsOf(logIn: () => Promise<unknown>): Promise<Record<string, number>> {
    // Once before: the client is looked up, and cached.
    await logIn();
    const { operations } = service.app.get(StoreCalls);
    const counted = () => operations.map(({ durations }) => durations.count);
    const before = counted();
    await logIn();
    const after = counted();
    const calls = operations.map(
      ({ store: of, name }, at) => [`${of}.${name}`, (after[at] ?? 0) - (before[at] ?? 0)] as const,
    );
    return Object.fromEntries(calls.filter(([name, count]) => count > 0 && !background.test(name)));
  }

  it('given a session and limits, when a client logs in by PKCE, then these are the calls', async () => {
    const asked = { scope: 'openid offline_access' };

    expect(await callsOf(async () => redeem(service, await codeFor(service, browser, asked)))).toEqual({
      'sessions.find': 1,
      'challenges.save': 1,
      'challenges.redeem': 1,
      'rate_limits.count': 2,
    });
  });

  it('given limits, when an account signs in, then these are the calls', async () => {
    const account = newAccount();

    expect(await callsOf(() => signIn(service, account))).toEqual({
      'challenges.save': 1,
      'challenges.find': 1,
      'challenges.redeem': 1,
      'rate_limits.count': 4,
    });
  });
});
