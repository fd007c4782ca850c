import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { array, assert, asyncProperty, boolean, constantFrom, nat, oneof, record } from 'fast-check';
import { eventually } from '../../../test/support/run/eventually.ts';
import { askWith } from '../../../test/support/clients/pkce-login.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import {
  type Client,
  type ClientStorage,
  type Discovery,
  processLocks,
  sharedStorage,
  TesseraError,
} from '../src/index.ts';
import { caught } from './support/caught.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';
import { fewerRuns } from '../../../test/support/run/property-runs.ts';

/** What becomes of a request. */
type Fate = 'answered' | 'request lost' | 'answer lost' | 'answer broken off' | 'unavailable' | 'answered by a proxy';

type Act = 'refresh' | 'accessToken' | 'fetch' | 'login' | 'reload' | 'callback again' | 'clock' | 'pause';

/** What happens in a tab. */
interface Step {
  readonly tab: number;
  readonly act: Act;
  /** That a clock jumps. */
  readonly hours: number;
  readonly isAwaited: boolean;
}

/** One tab: a client with memory of its own, a clock of its own, and a network that the test spoils. */
interface Tab {
  readonly client: Client;
  readonly clock: { moved: number; jumps: number };
  /** The client of the page when it is loaded again: it has what the tab keeps, and nothing that is under way. */
  reloaded(): Client;
}

/** Longer than the service takes a second use of a refresh token for a repeat. */
const beyondGraceMs = 12_000;

/** Whatever is no error of the package is told as it is. */
const codeOf = (error: unknown) => (error instanceof TesseraError ? error.code : error);

const rotations = (posted: readonly URLSearchParams[]) =>
  posted.filter((form) => form.get('grant_type') === 'refresh_token');

/** Takes its time with each call, as a keychain or the session of a server does. */
function slowStorage(): ClientStorage {
  const values = new Map<string, string>();
  return {
    get: (key) => later(() => values.get(key)),
    set: (key, value) => later(() => values.set(key, value)),
    remove: (key) => later(() => values.delete(key)),
  };
}

/** What is said arrives late and in its order, as between the processes of a browser that is busy. */
class LateChannel extends BroadcastChannel {
  override addEventListener(type: string, listener: unknown): void {
    const hear = listener as (event: unknown) => void;
    super.addEventListener(type, (event: unknown) => void setTimeout(() => hear(event), 5));
  }
}

async function later<Result>(act: () => Result): Promise<Result> {
  await new Promise(setImmediate);
  return act();
}

describe('tabs that share a login', () => {
  const closing: (() => void)[] = [];

  const service = fixture(startService);
  const follow = endUser(service);
  beforeAll(() => {
    Object.assign(globalThis, { BroadcastChannel: LateChannel });
  });
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  /** As many tabs as asked for, and whatever they post to `/token`; the fates are used up in turn, by it and by the key set. */
  function openTabs(count: number, fates: Fate[] = []) {
    const name = randomUUID();
    const posted: URLSearchParams[] = [];
    const open = (): Tab => {
      const tokens = sharedStorage({ name });
      closing.push(() => tokens.close());
      const clock = { moved: 0, jumps: 0 };
      const logins = slowStorage();
      const newClient = (discovery?: Discovery) =>
        clientOf(service, {
          scope: 'openid offline_access',
          tokens,
          logins,
          discovery,
          locks: processLocks,
          lockName: name,
          now: () => service.clock.now() + clock.moved,
          fetch: (url, init) => (/\/token$|jwks/.test(url) ? spoiled(url, init) : fetch(url, init)),
        });
      const client = newClient();
      // Whose metadata is in the cache: both ask for the login at once then.
      return { client, clock, reloaded: () => newClient(client.discovery) };
    };
    const spoiled = async (url: string, init: RequestInit | undefined): Promise<Response> => {
      if (init?.method === 'POST') posted.push(new URLSearchParams(String(init.body)));
      const fate = fates.shift() ?? 'answered';
      if (fate === 'request lost') throw new TypeError('fetch failed');
      if (fate === 'unavailable') return Response.json({ error: 'temporarily_unavailable' }, { status: 503 });
      if (fate === 'answered by a proxy') return new Response('<title>Log in to the network</title>', { status: 403 });
      const sent = await fetch(url, init);
      // By the clock that the test moves.
      const response = new Response(sent.body, sent);
      response.headers.set('date', new Date(service.clock.now()).toUTCString());
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
    'answered by a proxy',
  );
  const step = record<Step>({
    tab: oneof(nat(2), nat(9)),
    act: constantFrom<Act>('refresh', 'accessToken', 'fetch', 'login', 'reload', 'callback again', 'clock', 'pause'),
    hours: constantFrom(-48, -1, 1, 48),
    isAwaited: boolean(),
  });

  const stepsOf = (tab: number, ...acts: readonly Act[]) =>
    acts.map((act) => ({ tab, act, hours: 1, isAwaited: true }));
  /** What chance finds seldom, tried each time. */
  const examples: [Step[], Fate[]][] = [
    [stepsOf(0, 'refresh'), ['answer lost', 'unavailable']],
    [stepsOf(0, 'refresh'), ['answer broken off', 'answered by a proxy']],
    // The second one is of the keys, which this tab does not have yet.
    [stepsOf(1, 'refresh'), ['answered', 'unavailable']],
    [stepsOf(1, 'login'), ['answer lost']],
    [stepsOf(1, 'reload', 'callback again'), []],
    [stepsOf(1, 'login', 'login', 'login').map((each) => ({ ...each, isAwaited: false })), []],
  ];

  it('given any interleaving of tabs, lost answers, jumping clocks and callbacks that come twice, then no session is lost and no verifier sent twice', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 20 }), array(fate, { maxLength: 5 }), async (steps, fates) => {
        const spoilt: Fate[] = [];
        const { tabs, posted } = openTabs(10, spoilt);
        const first = tabs[0] as Tab;
        const callback = await follow(await first.client.begin());
        await first.client.finish(callback);
        spoilt.push(...fates);

        let paused = 0;
        const running: Promise<unknown>[] = [];
        const pause = async () => {
          await Promise.all(running);
          service.clock.advance(beyondGraceMs);
          paused += beyondGraceMs;
        };
        for (const { tab, act, hours, isAwaited } of steps) {
          if (act === 'pause') {
            await pause();
            continue;
          }
          const done = run(tabs[tab] as Tab, act, hours, callback);
          running.push(done);
          if (isAwaited) await done;
        }
        await pause();

        spoilt.length = 0;
        const before = rotations(posted).length;
        await Promise.all(tabs.map(({ client }) => client.refresh()));
        expect(rotations(posted).length - before).toBeLessThanOrEqual(1);
        const answers = await Promise.all(tabs.map(({ client }) => client.fetch(`${service.url}/api/me`)));
        expect(answers.map(({ status }) => status)).toEqual(tabs.map(() => 200));
        const isShared = async () => {
          const held = await Promise.all(tabs.map(({ client }) => client.tokens()));
          return new Set(held.map((tokens) => tokens?.accessToken)).size === 1;
        };
        await eventually(isShared, { withinMs: 20_000, everyMs: 1 });
        const verifiers = posted.flatMap((form) => form.get('code_verifier') ?? []);
        expect(new Set(verifiers).size).toBe(verifiers.length);
        for (const close of closing.splice(0)) close();
        service.clock.advance(-paused);
      }),
      // Not made smaller: that is hundreds of runs, and jest would end the test before it says seed and steps.
      { ...fewerRuns(25), endOnFailure: true, examples },
    );
  });

  /** Its callback comes twice: in an effect that runs twice, or in a page that is loaded again meanwhile. */
  async function logIn(first: Client, second: Client): Promise<void> {
    const data = randomUUID();
    const callback = await follow(await first.begin({ data }));
    const outcomes = await Promise.allSettled([first.finish(callback), second.finish(callback)]);
    const reasons: unknown[] = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    for (const each of outcomes) if (each.status === 'fulfilled') expect(each.value.data).toBe(data);
    if (first === second && reasons.length === 1) throw new Error('of two calls that are one, one failed');
    // One of them finds the login taken by the other.
    const told = reasons.find((reason) => codeOf(reason) !== 'login_unknown') ?? reasons[1];
    if (told !== undefined) throw told;
  }

  /** Does it, and lets what a bad network may bring, and nothing else, pass. */
  async function run({ client, clock, reloaded }: Tab, act: Act, hours: number, callback: string): Promise<void> {
    const { jumps } = clock;
    try {
      if (act === 'refresh') await client.refresh();
      else if (act === 'accessToken') await client.accessToken();
      else if (act === 'fetch') await client.fetch(`${service.url}/api/me`);
      else if (act === 'login') await logIn(client, client);
      else if (act === 'reload') await logIn(client, reloaded());
      else if (act === 'callback again') await client.finish(callback);
      else {
        clock.moved += hours * 3_600_000;
        clock.jumps += 1;
      }
    } catch (error) {
      // The last one: what is not of the service.
      const allowed = ['service_unreachable', 'temporarily_unavailable', 'answer_invalid'];
      // Or of a login that was under way when the clock jumped.
      if (act === 'callback again' || clock.jumps !== jumps) allowed.push('login_unknown');
      expect(allowed).toContain(codeOf(error));
    }
  }
});
