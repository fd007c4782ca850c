import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { type Client, type ClientOptions, type Fetch, type Locks, memoryStorage } from '../src/index.ts';
import { caught } from './support/caught.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';
import { newGate } from './support/gate.ts';

const unreachable: Fetch = () => Promise.reject(new TypeError('fetch failed'));
const grantOver: Fetch = async () => Response.json({ error: 'invalid_grant' }, { status: 400 });

/** Whether the access token that is asked for is the one that was held, or the code of the error. */
const outcomeOf = (client: Client, held: string) =>
  client.accessToken().then(
    (token) => (token === held ? 'as held' : 'fresh'),
    ({ code }: { code: string }) => code,
  );

/** Loses every answer after 2 s; `tries` are the times of the requests, by the clock of `performance`. */
function losingAnswers() {
  const clock = { at: 0 };
  const tries: number[] = [];
  jest.spyOn(performance, 'now').mockImplementation(() => clock.at);
  const lost: Fetch = (url, init) => {
    tries.push(clock.at);
    clock.at += 2_000;
    return unreachable(url, init);
  };
  return { lost, tries, clock };
}

/** What a login elsewhere gave. */
async function adoptAnother(client: Client): Promise<void> {
  const held = await client.tokens();
  if (held !== undefined) await client.adopt({ ...held, accessToken: 'another login' });
}

describe('a refresh', () => {
  /** That of the platform, where it has one. */
  const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator') ?? {
    value: undefined,
    configurable: true,
  };

  /** Answers what is not posted. */
  let api: Fetch = fetch;

  const service = fixture(startService);
  const follow = endUser(service);
  afterEach(() => {
    jest.restoreAllMocks();
    api = fetch;
    Object.defineProperty(globalThis, 'navigator', navigator);
  });

  /** A client that has logged in; from then on `instead` answers what it posts, and `posted` says where to. */
  async function loggedIn(instead: Fetch = fetch, options: Partial<ClientOptions> = {}) {
    const clock = { moved: 0 };
    const posted: string[] = [];
    let answer: Fetch = fetch;
    const client = clientOf(service, {
      scope: 'openid offline_access',
      tokens: memoryStorage(),
      now: () => Date.now() + clock.moved,
      fetch: (url, init) => {
        if (init?.method !== 'POST') return api(url, init);
        posted.push(url);
        return answer(url, init);
      },
      ...options,
    });
    const { tokens } = await client.finish(await follow(await client.begin()));
    answer = instead;
    posted.length = 0;
    return { client, tokens, clock, posted };
  }

  it.each([
    [400, 'invalid_request'],
    [400, 'invalid_target'],
    [400, 'invalid_dpop_proof'],
    [400, 'unauthorized_client'],
    [401, 'invalid_client'],
    [403, 'access_denied'],
    [429, 'temporarily_unavailable'],
    [503, 'temporarily_unavailable'],
  ])(
    'given a refusal %i %s, which does not end the grant, when it is refreshed, then it is asked once and the tokens stay',
    async (status, error) => {
      const { client, tokens, posted } = await loggedIn(async () => Response.json({ error }, { status }));

      const { code } = await caught(client.refresh());

      expect([code, posted.length]).toEqual([error, 1]);
      expect(await client.tokens()).toEqual(tokens);
    },
  );

  it('given a proxy that answers with a page, when it is refreshed, then the tokens stay', async () => {
    const { client, tokens } = await loggedIn(async () => new Response('<title>Log in</title>', { status: 404 }));

    expect((await caught(client.refresh())).code).toBe('answer_invalid');
    expect(await client.tokens()).toEqual(tokens);
  });

  it('given answers that are lost, when it is refreshed, then it is tried again for as long as the service takes that for a repeat, and the tokens stay', async () => {
    const { lost, tries } = losingAnswers();
    const { client, tokens } = await loggedIn(lost);
    const deadlines = jest.spyOn(AbortSignal, 'timeout');

    const { code } = await caught(client.refresh());

    expect(code).toBe('service_unreachable');
    // The service answers a repeat within 10 s. Whoever waits for 4 s is back before; the last one has nothing to come back for.
    expect(tries).toEqual([0, 2_000, 4_000, 6_000, 8_000]);
    expect(deadlines.mock.calls.map(([ms]) => ms)).toEqual([4_000, 4_000, 4_000, 20_000, 20_000]);
    expect(await client.tokens()).toEqual(tokens);
  });

  it('given a tab that held the lock for 5 s, when answers are lost, then none is asked for later than if the lock had been free', async () => {
    const { lost, tries, clock } = losingAnswers();
    const frozen: Locks = {
      request: (_name, work) => {
        clock.at += 5_000;
        return work();
      },
    };
    const { client } = await loggedIn(lost, { locks: frozen });
    clock.at = 0;

    await caught(client.refresh());

    // That tab may have sent the same refresh token at 0 s, and the service takes a use after 10 s for theft.
    expect(tries).toEqual([5_000, 7_000]);
  });

  it('given a fetch that hands on headers and a text alone, as a bridge to a phone does, when it is refreshed, then the service takes it for a form', async () => {
    const { client, tokens } = await loggedIn((url, init) =>
      fetch(url, {
        method: 'POST',
        headers: init?.headers ?? {},
        body: new TextEncoder().encode(String(init?.body)),
      }),
    );

    expect((await client.refresh()).accessToken).not.toBe(tokens.accessToken);
  });

  it('given a lost answer and then the end of the grant, when it is refreshed, then it is not asked a third time, and nobody is logged in', async () => {
    const answers = [unreachable];
    const { client, posted } = await loggedIn((url, init) => (answers.pop() ?? grantOver)(url, init));

    expect((await caught(client.refresh())).code).toBe('invalid_grant');
    expect([posted.length, await client.tokens()]).toEqual([2, undefined]);
  });

  it('given a device that is offline, when it is refreshed, then it is tried once', async () => {
    const { client, posted } = await loggedIn(unreachable);
    Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true });

    expect((await caught(client.refresh())).code).toBe('service_unreachable');
    expect(posted).toHaveLength(1);
  });

  it('given an ID token in the answer that is wrong, when it is refreshed, then the claims stay as they were, and the session goes on', async () => {
    let isWrong = true;
    const { client, tokens } = await loggedIn(async (url, init) => {
      const answer = (await (await fetch(url, init)).json()) as object;
      return Response.json(isWrong ? { ...answer, id_token: 'not an ID token' } : answer);
    });

    const error = await caught(client.refresh());
    const held = await client.tokens();
    isWrong = false;
    // By then a second use of the former refresh token would be taken for theft.
    service.clock.advance(12_000);
    const fresh = await client.refresh();

    expect(error.code).toBe('id_token_invalid');
    expect(held?.claims).toEqual(tokens.claims);
    expect(held?.refreshToken).not.toBe(tokens.refreshToken);
    expect(fresh.claims?.sub).toBe('user0');
  });

  it('given an answer without what did not change, when it is refreshed, then the rest is as it was', async () => {
    const { client, tokens } = await loggedIn(async () =>
      Response.json({ access_token: 'fresh', token_type: 'bearer', expires_in: 900 }),
    );

    expect(await client.refresh()).toEqual({ ...tokens, accessToken: 'fresh', expiresAt: expect.any(Number) });
  });

  it('given an API that refuses what somebody has refreshed meanwhile, when it is called, then the fresh token is shown to it, and none is asked for', async () => {
    const { client, tokens, posted } = await loggedIn();
    const shown: (string | null)[] = [];
    api = async (url, init) => {
      shown.push(new Headers(init?.headers).get('authorization'));
      if (shown.length > 1) return fetch(url, init);
      await client.refresh();
      return new Response('', { status: 401 });
    };

    const { status } = await client.fetch(`${service.url}/api/me`);

    expect([status, posted.length]).toEqual([200, 1]);
    expect(shown).toEqual([`Bearer ${tokens.accessToken}`, `Bearer ${await client.accessToken()}`]);
  });

  it('given a refresh that is under way, when somebody logs in, then the tokens of the new login are held', async () => {
    const gate = newGate();
    const { client } = await loggedIn(async (url, init) => {
      await gate.wait();
      return fetch(url, init);
    });
    const { tokens } = await loggedIn();

    const refreshed = client.refresh();
    await gate.isAsked;
    const adopted = client.adopt(tokens);
    await new Promise(setImmediate);
    gate.open();
    await Promise.all([refreshed, adopted]);

    expect(await client.tokens()).toEqual(tokens);
  });

  it.each<[string, number, string, Fetch, hasRefreshToken?: boolean]>([
    ['no connection', 869, 'as held', unreachable],
    ['no connection', 871, 'as held', unreachable],
    ['no connection', 901, 'service_unreachable', unreachable],
    ['a connection', 860, 'as held', fetch],
    ['a connection', 880, 'fresh', fetch],
    ['the end of the grant', 880, 'invalid_grant', grantOver],
    ['no refresh token', 880, 'as held', fetch, false],
    ['no refresh token', 901, 'tokens_missing', fetch, false],
  ])(
    'given %s, when the access token is asked for after %i of 900 seconds, then it is %s',
    async (_, seconds, outcome, instead, hasRefreshToken = true) => {
      const { client, tokens, clock } = await loggedIn(instead);
      const { refreshToken: _refreshToken, ...others } = tokens;
      if (!hasRefreshToken) await client.adopt(others);
      clock.moved = seconds * 1_000;
      let at = 0;
      jest.spyOn(performance, 'now').mockImplementation(() => (at += 5_000));

      expect(await outcomeOf(client, tokens.accessToken)).toBe(outcome);
    },
  );

  it('given no refresh token, when the access token expired, then nobody is logged in, and a logout still says who it was', async () => {
    const { client, tokens, clock } = await loggedIn();
    const { refreshToken: _, ...others } = tokens;
    await client.adopt(others);
    const before = await client.tokens();
    clock.moved = 900_000;

    const after = await client.tokens();
    const { form } = await client.logout();

    expect([before, after]).toEqual([others, undefined]);
    expect(form['id_token_hint']).toBe(tokens.idToken);
  });

  it('given a refresh token, when the access token expired, then the login is held', async () => {
    const { client, tokens, clock } = await loggedIn();
    clock.moved = 900_000;

    expect(await client.tokens()).toEqual(tokens);
  });

  /** Nobody waits for anybody, as where the tab that holds a lock is taken for frozen. */
  const impatient: Locks = { request: (_name, work) => work() };

  it.each([
    ['has logged out', 200, undefined, async (client: Client) => client.revoke().catch(() => undefined)],
    ['has logged in anew', 200, 'another login', adoptAnother],
    ['has logged in anew', 400, 'another login', adoptAnother],
  ])(
    'given a refresh that nobody waits for, when another tab %s before its answer (%i) comes, then that stays',
    async (_, status, held, act) => {
      const gate = newGate();
      const { client } = await loggedIn(
        async (url, init) => {
          if (!String(init?.body).includes('grant_type=refresh_token')) return unreachable(url, init);
          await gate.wait();
          return status === 200 ? fetch(url, init) : grantOver(url, init);
        },
        { locks: impatient },
      );

      const refreshed = client.refresh().catch(() => undefined);
      await gate.isAsked;
      await act(client);
      gate.open();
      await refreshed;

      expect((await client.tokens())?.accessToken).toBe(held);
    },
  );

  it('given a refresh that nobody waits for, when others were brought before it asks again, then it has these, and the login goes on', async () => {
    const gate = newGate();
    let isFirst = true;
    const { client } = await loggedIn(
      async (url, init) => {
        if (!isFirst || !String(init?.body).includes('grant_type=refresh_token')) return fetch(url, init);
        isFirst = false;
        await gate.wait();
        return unreachable(url, init);
      },
      { locks: impatient },
    );

    const late = client.refresh();
    await gate.isAsked;
    await client.refresh();
    const latest = await client.refresh();
    gate.open();

    expect(await late).toEqual(latest);
    expect((await client.refresh()).accessToken).not.toBe(latest.accessToken);
  });

  it('given a service that is away, when the tokens are revoked, then they are forgotten, and the error says what was not done', async () => {
    const { client } = await loggedIn(unreachable);

    expect((await caught(client.revoke())).code).toBe('service_unreachable');
    expect(await client.tokens()).toBeUndefined();
  });

  it('given a service that is away, when the end-user logs out, then the tokens are forgotten and the browser is sent on', async () => {
    const { client, tokens } = await loggedIn(unreachable);

    const { form } = await client.logout();

    expect(form['id_token_hint']).toBe(tokens.idToken);
    expect(await client.tokens()).toBeUndefined();
  });
});
