import { afterEach, describe, expect, it } from '@jest/globals';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { type ClientOptions, type Fetch, memoryStorage } from '../src/index.ts';
import { caught } from './support/caught.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';

describe('what a client fetches', () => {
  const service = fixture(startService);
  const follow = endUser(service);
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'document');
  });

  /** A client that is logged in, and what it fetches from then on, which `answer` answers. */
  async function loggedIn(options: Partial<ClientOptions> = {}, answer: Fetch = fetch) {
    const seen: { readonly url: string; readonly init: RequestInit }[] = [];
    let isWatched = false;
    const client = clientOf(service, {
      scope: 'openid offline_access',
      tokens: memoryStorage(),
      fetch: (url, init = {}) => {
        if (!isWatched || url.endsWith('/token')) return fetch(url, init);
        seen.push({ url, init });
        return answer(url, init);
      },
      ...options,
    });
    await client.finish(await follow(await client.begin({ resource: [] })));
    isWatched = true;
    return { client, seen };
  }

  const noLonger = new Error('nobody waits for it');

  it.each([
    ['before it is sent', undefined, 'AbortError'],
    ['for a reason', noLonger, 'Error'],
  ])('given a caller who gives up %s, when it fetches, then it ends as the platform’s', async (_, reason, name) => {
    const { client } = await loggedIn();
    const signal = AbortSignal.abort(reason);

    await expect(client.fetch(`${service.url}/api/me`, { signal })).rejects.toMatchObject({ name });
  });

  it('given a caller who gives up while it waits, when the request ends, then nobody says that the service is away', async () => {
    const giving = new AbortController();
    const { client } = await loggedIn({}, (url, init) => {
      queueMicrotask(() => giving.abort());
      return fetch(url, init);
    });

    const fetched = client.fetch(new Request(`${service.url}/api/me`, { signal: giving.signal }));

    await expect(fetched).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('given a service that is away and a caller who still waits, when it fetches, then it is told that', async () => {
    const { client } = await loggedIn({}, () => Promise.reject(new TypeError('fetch failed')));

    const error = await caught(client.fetch(`${service.url}/api/me`, { signal: new AbortController().signal }));

    expect(error.code).toBe('service_unreachable');
  });

  it('given a page, when it fetches a path, then that is relative to the page', async () => {
    const { client, seen } = await loggedIn();
    Object.assign(globalThis, { document: { baseURI: `${service.url}/app/page` } });

    const { status } = await client.fetch('../api/me');

    expect([status, seen.map(({ url }) => url)]).toEqual([200, [`${service.url}/api/me`]]);
  });

  it('given a Request with a body, when an API answers 401 at first, then all of it is sent again with a fresh token', async () => {
    const statuses = [401, 200];
    const { client, seen } = await loggedIn({}, async () => new Response('', { status: statuses.shift() ?? 200 }));
    const request = new Request(`${service.url}/notes`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-note': 'one' },
      body: '{"text":"hello"}',
      cache: 'no-store',
    });

    const { status } = await client.fetch(request, { headers: { 'content-type': 'text/plain' } });

    const sent = await Promise.all(
      seen.map(async ({ url, init }) => {
        const { method, headers, cache } = new Request(url, init);
        const body = await new Response(init.body).text();
        return { url, method, cache, body, type: headers.get('content-type'), note: headers.get('x-note') };
      }),
    );
    const shown = seen.map(({ init }) => new Headers(init.headers).get('authorization'));
    const expected = { url: `${service.url}/notes`, method: 'PUT', cache: 'no-store', body: '{"text":"hello"}' };
    expect(status).toBe(200);
    // As with `fetch`, headers that are given beside a Request take the place of its own.
    expect(sent).toEqual(Array.from({ length: 2 }, () => ({ ...expected, type: 'text/plain', note: null })));
    expect(new Set(shown).size).toBe(2);
  });

  // A path is relative to the page, and there is none here.
  it.each(['/api/me', 'myapp:notes', 'urn:example:other', 'data:text/plain,notes', 'https://example.com/'])(
    'given an API that is named by a URN, when %s is fetched, then it is refused, and nothing is sent',
    async (url) => {
      const { client, seen } = await loggedIn({ resource: 'urn:example:api' }, async () => new Response(''));

      expect((await caught(client.fetch(url))).code).toBe('configuration_invalid');
      expect(seen).toEqual([]);
    },
  );
});
