import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { array, assert, asyncProperty, boolean, constantFrom, nat, record } from 'fast-check';
import { eventually } from '../../../test/support/eventually.ts';
import { askWith } from '../../../test/support/pkce-login.ts';
import { startService, type TestService } from '../../../test/support/service.ts';
import { type Client, createClient, processLocks, sharedStorage, TesseraError } from '../src/index.ts';
import { caught } from './support/caught.ts';
import { endUser } from './support/end-user.ts';

const redirectUri = 'http://127.0.0.1/callback';

/** What becomes of a request. */
type Fate = 'answered' | 'request lost' | 'answer lost' | 'answer broken off' | 'unavailable';

/** One tab: a client with memory of its own, a clock of its own, and a network that the test spoils. */
interface Tab {
  readonly client: Client;
  readonly clock: { moved: number };
}

const rotations = (posted: readonly URLSearchParams[]) =>
  posted.filter((form) => form.get('grant_type') === 'refresh_token');

describe('tabs that share a login', () => {
  let service: TestService;
  let follow: (url: string) => Promise<string>;
  const closing: (() => void)[] = [];

  beforeAll(async () => {
    service = await startService();
    follow = await endUser(service);
  });
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  afterAll(() => service.stop());

  /** As many tabs as asked for, and whatever they post to `/token`; the fates are used up in turn. */
  function openTabs(count: number, fates: Fate[] = []) {
    const name = randomUUID();
    const posted: URLSearchParams[] = [];
    const open = (): Tab => {
      const tokens = sharedStorage({ name });
      closing.push(() => tokens.close());
      const clock = { moved: 0 };
      const client = createClient({
        issuer: service.url,
        clientId: 'demo-spa',
        redirectUri,
        scope: 'openid offline_access',
        tokens,
        locks: processLocks,
        lockName: name,
        now: () => Date.now() + clock.moved,
        fetch: (url, init) => (new URL(url).pathname === '/token' ? spoiled(url, init) : fetch(url, init)),
      });
      return { client, clock };
    };
    const spoiled = async (url: string, init: RequestInit | undefined): Promise<Response> => {
      posted.push(new URLSearchParams(String(init?.body)));
      const fate = fates.shift() ?? 'answered';
      if (fate === 'request lost') throw new TypeError('fetch failed');
      if (fate === 'unavailable') return Response.json({ error: 'temporarily_unavailable' }, { status: 503 });
      const response = await fetch(url, init);
      if (fate === 'answer lost') throw new TypeError('fetch failed');
      if (fate === 'answer broken off') return new Response(new ReadableStream({ start: (body) => body.error() }));
      return response;
    };
    return { tabs: Array.from({ length: count }, open), posted, open };
  }

  it('given ten tabs, when all refresh at once, then one asks and all have the same tokens', async () => {
    const { tabs, posted } = openTabs(10);
    await tabs[0]?.client.finish(await follow(await tabs[0].client.begin()));
    const held = await Promise.all(tabs.map(({ client }) => client.tokens()));

    const fresh = await Promise.all(tabs.map(({ client }) => client.refresh()));

    expect(new Set(held.map((tokens) => tokens?.accessToken)).size).toBe(1);
    expect(new Set(fresh.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect(fresh[0]?.accessToken).not.toBe(held[0]?.accessToken);
    expect(rotations(posted)).toHaveLength(1);
  });

  it('given a tab that is opened later, when it asks what is held, then it has the login of the others', async () => {
    const { tabs, open } = openTabs(1);
    const { tokens } = (await tabs[0]?.client.finish(await follow(await tabs[0].client.begin()))) ?? {};

    const late = open();

    expect(await late.client.tokens()).toEqual(tokens);
  });

  it('given ten tabs, when one logs out while the others refresh, then nobody is logged in afterwards', async () => {
    const { tabs } = openTabs(10);
    await tabs[0]?.client.finish(await follow(await tabs[0].client.begin()));
    const accessToken = await tabs[9]?.client.accessToken();
    await Promise.all(tabs.map(({ client }) => client.tokens()));

    const outcomes = await Promise.allSettled(
      tabs.map(({ client }, index) => (index === 4 ? client.revoke() : client.refresh())),
    );

    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'tokens_missing' });
    }
    for (const { client } of tabs) expect((await caught(client.refresh())).code).toBe('tokens_missing');
    expect((await askWith(service, accessToken)).status).toBe(401);
  });

  const fate = constantFrom<Fate>(
    'answered',
    'answered',
    'request lost',
    'answer lost',
    'answer broken off',
    'unavailable',
  );
  const step = record({
    tab: nat(9),
    act: constantFrom('refresh', 'accessToken', 'fetch', 'login', 'callback again', 'clock'),
    /** Hours that a clock jumps. */
    hours: constantFrom(-48, -1, 1, 48),
    isAwaited: boolean(),
  });

  it('given any interleaving of tabs, lost answers, jumping clocks and callbacks that come twice, then no session is lost and no verifier sent twice', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 20 }), array(fate, { maxLength: 6 }), async (steps, fates) => {
        const spoilt: Fate[] = [];
        const { tabs, posted } = openTabs(10, spoilt);
        const first = tabs[0] as Tab;
        const callback = await follow(await first.client.begin());
        await first.client.finish(callback);
        spoilt.push(...fates);

        const running: Promise<unknown>[] = [];
        for (const { tab, act, hours, isAwaited } of steps) {
          const { client, clock } = tabs[tab] as Tab;
          const done = run(client, clock, act, hours, callback);
          running.push(done);
          if (isAwaited) await done;
        }
        await Promise.all(running);

        spoilt.length = 0;
        await Promise.all(tabs.map(({ client }) => client.refresh()));
        const answers = await Promise.all(tabs.map(({ client }) => client.fetch(`${service.url}/api/me`)));
        expect(answers.map(({ status }) => status)).toEqual(tabs.map(() => 200));
        const isShared = async () => {
          const held = await Promise.all(tabs.map(({ client }) => client.tokens()));
          return new Set(held.map((tokens) => tokens?.accessToken)).size === 1;
        };
        await eventually(isShared, { withinMs: 5_000, everyMs: 1 });
        const verifiers = posted.flatMap((form) => form.get('code_verifier') ?? []);
        expect(new Set(verifiers).size).toBe(verifiers.length);
        for (const close of closing.splice(0)) close();
      }),
      { numRuns: 20 },
    );
  });

  /** Its callback comes twice, as in an effect that runs twice. */
  async function logIn(client: Client): Promise<void> {
    const callback = await follow(await client.begin());
    await Promise.all([client.finish(callback), client.finish(callback)]);
  }

  /** Does it, and lets what a bad network may bring, and nothing else, pass. */
  async function run(client: Client, clock: Tab['clock'], act: string, hours: number, callback: string): Promise<void> {
    try {
      if (act === 'refresh') await client.refresh();
      else if (act === 'accessToken') await client.accessToken();
      else if (act === 'fetch') await client.fetch(`${service.url}/api/me`);
      else if (act === 'login') await logIn(client);
      else if (act === 'callback again') await client.finish(callback);
      else clock.moved += hours * 3_600_000;
    } catch (error) {
      const allowed = ['service_unreachable', 'temporarily_unavailable'];
      // Or of a login that was under way when the clock jumped.
      if (act === 'callback again' || act === 'login') allowed.push('login_unknown');
      expect(allowed).toContain(error instanceof TesseraError ? error.code : error);
    }
  }
});
