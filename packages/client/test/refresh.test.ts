import { once } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { type Client, type ClientOptions, createClient, type Fetch, type Locks, memoryStorage } from '../src/index.ts';
import { caught } from './support/caught.ts';
import { endUser } from './support/end-user.ts';

const redirectUri = 'http://127.0.0.1/callback';

const unreachable: Fetch = () => Promise.reject(new TypeError('fetch failed'));

/** Whether the access token that is asked for is the one that was held, or the code of the error. */
const outcomeOf = (client: Client, held: string) =>
  client.accessToken().then(
    (token) => (token === held ? 'as held' : 'fresh'),
    ({ code }: { code: string }) => code,
  );

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

  /** A client that has logged in; from then on `instead` answers what it posts. */
  async function loggedIn(instead: Fetch = fetch, options: Partial<ClientOptions> = {}) {
    const clock = { moved: 0 };
    let answer: Fetch = fetch;
    const client = createClient({
      issuer: service.url,
      clientId: 'demo-spa',
      redirectUri,
      scope: 'openid offline_access',
      tokens: memoryStorage(),
      now: () => Date.now() + clock.moved,
      fetch: (url, init) => (init?.method === 'POST' ? answer(url, init) : api(url, init)),
      ...options,
    });
    const { tokens } = await client.finish(await follow(await client.begin()));
    answer = instead;
    return { client, tokens, clock };
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
      let asked = 0;
      const { client, tokens } = await loggedIn(async () => {
        asked += 1;
        return Response.json({ error }, { status });
      });

      const { code } = await caught(client.refresh());

      expect([code, asked]).toEqual([error, 1]);
      expect(await client.tokens()).toEqual(tokens);
    },
  );

  it('given a proxy that answers with a page, when it is refreshed, then the tokens stay', async () => {
    const { client, tokens } = await loggedIn(async () => new Response('<title>Log in</title>', { status: 404 }));

    expect((await caught(client.refresh())).code).toBe('answer_invalid');
    expect(await client.tokens()).toEqual(tokens);
  });

  it('given answers that are lost, when it is refreshed, then it is tried again for as long as the service takes that for a repeat, and the tokens stay', async () => {
    let at = 0;
    const tries: number[] = [];
    const { client, tokens } = await loggedIn((url, init) => {
      tries.push(at);
      at += 2_000;
      return unreachable(url, init);
    });
    jest.spyOn(performance, 'now').mockImplementation(() => at);
    const deadlines = jest.spyOn(AbortSignal, 'timeout');

    const { code } = await caught(client.refresh());

    expect(code).toBe('service_unreachable');
    // The service answers a repeat within 10 s. Whoever waits for 4 s is back before; the last one has nothing to come back for.
    expect(tries).toEqual([0, 2_000, 4_000, 6_000, 8_000]);
    expect(deadlines.mock.calls.map(([ms]) => ms)).toEqual([4_000, 4_000, 4_000, 20_000, 20_000]);
    expect(await client.tokens()).toEqual(tokens);
  });

  it('given a tab that held the lock for 5 s, when answers are lost, then none is asked for later than if the lock had been free', async () => {
    let at = 0;
    const tries: number[] = [];
    const frozen: Locks = {
      request: (_name, work) => {
        at += 5_000;
        return work();
      },
    };
    const { client } = await loggedIn(
      (url, init) => {
        tries.push(at);
        at += 2_000;
        return unreachable(url, init);
      },
      { locks: frozen },
    );
    at = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => at);

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
    let asked = 0;
    const { client } = await loggedIn(async (url, init) => {
      asked += 1;
      return asked === 1 ? unreachable(url, init) : Response.json({ error: 'invalid_grant' }, { status: 400 });
    });

    expect((await caught(client.refresh())).code).toBe('invalid_grant');
    expect([asked, await client.tokens()]).toEqual([2, undefined]);
  });

  it('given a device that is offline, when it is refreshed, then it is tried once', async () => {
    let asked = 0;
    const { client } = await loggedIn((url, init) => {
      asked += 1;
      return unreachable(url, init);
    });
    Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true });

    expect((await caught(client.refresh())).code).toBe('service_unreachable');
    expect(asked).toBe(1);
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
    let rotations = 0;
    const { client, tokens } = await loggedIn((url, init) => {
      rotations += 1;
      return fetch(url, init);
    });
    const shown: (string | null)[] = [];
    api = async (url, init) => {
      shown.push(new Headers(init?.headers).get('authorization'));
      if (shown.length > 1) return fetch(url, init);
      await client.refresh();
      return new Response('', { status: 401 });
    };

    const { status } = await client.fetch(`${service.url}/api/me`);

    expect([status, rotations]).toEqual([200, 1]);
    expect(shown).toEqual([`Bearer ${tokens.accessToken}`, `Bearer ${await client.accessToken()}`]);
  });

  it('given a refresh that is under way, when somebody logs in, then the tokens of the new login are held', async () => {
    const gate = new EventTarget();
    const isAsked = once(gate, 'asked');
    const isOpen = once(gate, 'open');
    const { client } = await loggedIn(async (url, init) => {
      gate.dispatchEvent(new Event('asked'));
      await isOpen;
      return fetch(url, init);
    });
    const { tokens } = await loggedIn();

    const refreshed = client.refresh();
    await isAsked;
    const adopted = client.adopt(tokens);
    await new Promise(setImmediate);
    gate.dispatchEvent(new Event('open'));
    await Promise.all([refreshed, adopted]);

    expect(await client.tokens()).toEqual(tokens);
  });

  it.each([
    [869, 'as held'],
    [871, 'as held'],
    [901, 'service_unreachable'],
  ])(
    'given no connection, when the access token is asked for after %i of 900 seconds, then it is %s',
    async (seconds, outcome) => {
      const { client, tokens, clock } = await loggedIn(unreachable);
      clock.moved = seconds * 1_000;
      let at = 0;
      jest.spyOn(performance, 'now').mockImplementation(() => (at += 5_000));

      expect(await outcomeOf(client, tokens.accessToken)).toBe(outcome);
    },
  );

  it.each([
    [860, 'as held'],
    [880, 'fresh'],
  ])(
    'given a connection, when the access token is asked for after %i of 900 seconds, then it is %s',
    async (seconds, outcome) => {
      const { client, tokens, clock } = await loggedIn();
      clock.moved = seconds * 1_000;

      expect(await outcomeOf(client, tokens.accessToken)).toBe(outcome);
    },
  );

  it('given the end of the grant, when an access token that is still good is asked for, then the error says so', async () => {
    const { client, tokens, clock } = await loggedIn(async () =>
      Response.json({ error: 'invalid_grant' }, { status: 400 }),
    );
    clock.moved = 880_000;

    expect(await outcomeOf(client, tokens.accessToken)).toBe('invalid_grant');
  });

  it.each([
    [880, 'as held'],
    [901, 'tokens_missing'],
  ])(
    'given no refresh token, when the access token is asked for after %i of 900 seconds, then it is %s',
    async (seconds, outcome) => {
      const { client, tokens, clock } = await loggedIn();
      const { refreshToken: _, ...others } = tokens;
      await client.adopt(others);
      clock.moved = seconds * 1_000;

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
      const gate = new EventTarget();
      const isAsked = once(gate, 'asked');
      const isOpen = once(gate, 'open');
      const { client } = await loggedIn(
        async (url, init) => {
          if (!String(init?.body).includes('grant_type=refresh_token')) return unreachable(url, init);
          gate.dispatchEvent(new Event('asked'));
          await isOpen;
          return status === 200 ? fetch(url, init) : Response.json({ error: 'invalid_grant' }, { status });
        },
        { locks: impatient },
      );

      const refreshed = client.refresh().catch(() => undefined);
      await isAsked;
      await act(client);
      gate.dispatchEvent(new Event('open'));
      await refreshed;

      expect((await client.tokens())?.accessToken).toBe(held);
    },
  );

  it('given a refresh that nobody waits for, when others were brought before it asks again, then it has these, and the login goes on', async () => {
    const gate = new EventTarget();
    const isAsked = once(gate, 'asked');
    const isOpen = once(gate, 'open');
    let isFirst = true;
    const { client } = await loggedIn(
      async (url, init) => {
        if (!isFirst || !String(init?.body).includes('grant_type=refresh_token')) return fetch(url, init);
        isFirst = false;
        gate.dispatchEvent(new Event('asked'));
        await isOpen;
        return unreachable(url, init);
      },
      { locks: impatient },
    );

    const late = client.refresh();
    await isAsked;
    await client.refresh();
    const latest = await client.refresh();
    gate.dispatchEvent(new Event('open'));

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
