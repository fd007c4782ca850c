import { describe, expect, it } from '@jest/globals';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { type ClientOptions, createDiscovery, type Fetch, memoryStorage } from '../src/index.ts';
import { caught } from './support/caught.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';
import { recordingFetch } from './support/recording-fetch.ts';
import { storageOver } from './support/storages.ts';

/** The callback with another value of a parameter; null leaves it out. */
function altered(callback: URL, name: string, value: string | null): string {
  const url = new URL(callback);
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  return url.href;
}

describe('the callback', () => {
  const service = fixture(startService);
  const follow = endUser(service);

  /** A client that has begun a login, the URL that it is called back at, and all that it posts. */
  async function begun(options: Partial<ClientOptions> = {}) {
    const { fetch, posted } = recordingFetch();
    const client = clientOf(service, { fetch, ...options });
    const callback = new URL(await follow(await client.begin()));
    return { client, callback, posted };
  }

  it.each([
    ['no state', 'state', null, 'login_unknown'],
    ['another state', 'state', 'another', 'login_unknown'],
    ['the name of a prototype as its state', 'state', '__proto__', 'login_unknown'],
    ['no issuer', 'iss', null, 'issuer_mismatch'],
    ['another issuer', 'iss', 'https://attacker.example', 'issuer_mismatch'],
    ['an error', 'error', 'access_denied', 'access_denied'],
  ])('given %s in it, then it is refused and the verifier is not sent', async (_, name, value, code) => {
    const { client, callback, posted } = await begun();

    const error = await caught(client.finish(altered(callback, name, value)));

    expect(error.code).toBe(code);
    expect(error.advice).not.toBe('');
    expect(posted).toEqual([]);
  });

  it('given another client’s code, when it is finished, then the service’s reason is told and no credential is', async () => {
    const { client, callback } = await begun();
    const { callback: other } = await begun({ clientId: 'demo-partner', redirectUri: 'http://127.0.0.1/partner' });

    const code = other.searchParams.get('code') ?? '';
    const error = await caught(client.finish(altered(callback, 'code', code)));

    expect(error).toMatchObject({ code: 'invalid_grant', reason: 'code_unknown', status: 400 });
    expect(JSON.stringify(error) + String(error.stack)).not.toContain(code);
    expect(error.cause).toBeUndefined();
  });

  /** The same, whose clock has moved since it began. */
  async function begunBefore(movedMs: number) {
    let moved = 0;
    const login = await begun({ now: () => Date.now() + moved });
    moved = movedMs;
    return login;
  }

  it.each([
    ['a login that took 15 minutes', 15 * 60_000],
    ['a clock that was put back since, so that nobody knows the login’s age', -60_000],
  ])('given %s, when it comes back, then it is unknown and the verifier is not sent', async (_, movedMs) => {
    const { client, callback, posted } = await begunBefore(movedMs);

    const error = await caught(client.finish(callback.href));

    expect(error.code).toBe('login_unknown');
    expect(posted).toEqual([]);
  });

  it('given a login that took a second less than 15 minutes, when it comes back, then it is finished', async () => {
    const { client, callback } = await begunBefore(15 * 60_000 - 1_000);

    expect((await client.finish(callback.href)).tokens.claims?.sub).toBe('user0');
  });

  it('given an issuer that promises none in its callbacks, when one comes without, then it is finished', async () => {
    const metadata = { ...(await createDiscovery({ issuer: service.url }).metadata()) };
    delete metadata['authorization_response_iss_parameter_supported'];
    const fetchWithout: Fetch = async (url, init) =>
      url.endsWith('/openid-configuration') ? Response.json(metadata) : fetch(url, init);
    const { client, callback } = await begun({ fetch: fetchWithout });

    expect((await client.finish(altered(callback, 'iss', null))).tokens.claims?.sub).toBe('user0');
  });

  it('given two logins, when the callback of one comes with the state of the other, then its verifier does not fit, and is gone', async () => {
    const { client, callback } = await begun();
    const other = new URL(await follow(await client.begin()));

    const error = await caught(client.finish(altered(callback, 'state', other.searchParams.get('state'))));

    expect(error).toMatchObject({ code: 'invalid_grant' });
    expect((await caught(client.finish(other.href))).code).toBe('login_unknown');
  });

  it('given nine logins, when they come back, then the first is forgotten, and the others are finished', async () => {
    const client = clientOf(service);
    const callbacks: string[] = [];
    for (let count = 0; count < 9; count += 1) callbacks.push(await follow(await client.begin()));

    const outcomes = [];
    for (const callback of callbacks) outcomes.push(...(await Promise.allSettled([client.finish(callback)])));

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array.from({ length: 8 }, () => 'fulfilled')]);
  });

  it('given two callbacks at once, when both are finished and one comes again, then the verifier was sent once, the third is unknown, and what is held stays', async () => {
    const { client, callback, posted } = await begun();

    const [first, second] = await Promise.all([client.finish(callback.href), client.finish(callback.href)]);
    const error = await caught(client.finish(callback.href));

    expect(second.tokens).toEqual(first.tokens);
    expect(posted.map(({ path }) => path)).toEqual(['/token']);
    expect(error.code).toBe('login_unknown');
    expect(await client.tokens()).toEqual(first.tokens);
  });

  it('given no connection when the page is back, when it is finished once there is one, then the login goes on', async () => {
    const logins = memoryStorage();
    const { callback } = await begun({ logins });
    let isConnected = false;
    const client = clientOf(service, {
      logins,
      fetch: (url, init) => (isConnected ? fetch(url, init) : Promise.reject(new TypeError('fetch failed'))),
    });

    const error = await caught(client.finish(callback.href));
    isConnected = true;
    const { tokens } = await client.finish(callback.href);

    expect(error.code).toBe('service_unreachable');
    expect(tokens.claims?.sub).toBe('user0');
  });

  it('given a login that is no longer wanted, when the page is loaded 15 minutes later, then its verifier is gone', async () => {
    let moved = 0;
    const now = () => Date.now() + moved;
    const values = new Map<string, string>();
    const options = { logins: storageOver(values), now, browser: () => undefined };
    await clientOf(service, options).login();
    const before = values.size;

    moved = 15 * 60_000;
    clientOf(service, options);
    await new Promise(setImmediate);

    expect([before, values.size]).toEqual([1, 0]);
  });

  it('given several logins at once, when they come back in another order, then each finds its own', async () => {
    const client = clientOf(service);
    const urls = await Promise.all(['a', 'b', 'c'].map((data) => client.begin({ data })));
    const callbacks = await Promise.all(urls.map(follow));

    const found: (string | undefined)[] = [];
    for (const callback of callbacks.toReversed()) found.push((await client.finish(callback)).data);

    expect(found.toReversed()).toEqual(['a', 'b', 'c']);
  });
});
