import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fixture, fixtureOfEach } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { createClient } from '../src/index.ts';
import { endUser } from './support/end-user.ts';

const application = 'https://app.example.com/callback';

/** A storage of the platform that remembers all that was ever written to it. */
function watchedStorage() {
  const values = new Map<string, string>();
  const written: string[] = [];
  return {
    values,
    written,
    getItem: (key: string) => values.get(key) ?? null,
    setItem(key: string, value: string) {
      written.push(value);
      values.set(key, value);
    },
    removeItem: (key: string) => void values.delete(key),
  };
}

/** As a browser denies what it blocks. */
const denied = () => {
  throw new DOMException('Access is denied for this document', 'SecurityError');
};

describe('a page', () => {
  const names = ['document', 'location', 'history', 'sessionStorage', 'localStorage', 'BroadcastChannel'] as const;
  const former = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  const channels: BroadcastChannel[] = [];
  /** Where the page is, and what it has submitted. */
  let location: { href: string };
  let submitted: object[];

  const service = fixture(startService);
  const follow = endUser(service);

  const sessionStorage = fixtureOfEach(watchedStorage);
  const localStorage = fixtureOfEach(watchedStorage);
  beforeEach(() => {
    location = { href: application };
    submitted = [];
    const history = { state: null, replaceState: (_: unknown, __: string, url: URL) => (location.href = url.href) };
    const body = { append: () => undefined };
    const createElement = () => {
      const element = { append: () => undefined, submit: () => void submitted.push(element) };
      return element;
    };
    const Channel = globalThis.BroadcastChannel;
    class ClosedAfterwards extends Channel {
      constructor(name: string) {
        super(name);
        channels.push(this);
      }
    }
    const page = { document: { body, createElement }, location, history, sessionStorage, localStorage };
    for (const [name, value] of Object.entries({ ...page, BroadcastChannel: ClosedAfterwards })) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  });
  afterEach(() => {
    for (const channel of channels.splice(0)) channel.close();
    for (const [at, name] of names.entries()) {
      const property = former[at];
      if (property === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, property);
    }
  });

  const newClient = () =>
    createClient({
      issuer: service.url,
      clientId: 'demo-spa',
      redirectUri: 'http://127.0.0.1/callback',
      scope: 'openid offline_access',
    });

  it('given nothing but the platform, when it logs in and refreshes, then localStorage never has anything, and sessionStorage never a token', async () => {
    const before = newClient();
    const url = await before.begin();
    const meanwhile = sessionStorage.values.size;
    location.href = await follow(url);

    const { tokens } = await newClient().finish();
    const fresh = await before.refresh();

    const written = sessionStorage.written.join('\n');
    expect([meanwhile, sessionStorage.values.size]).toEqual([1, 0]);
    expect(written).toContain('codeVerifier');
    expect([tokens, fresh].flatMap((each) => [each.accessToken, each.refreshToken, each.idToken])).toHaveLength(6);
    for (const { accessToken, refreshToken } of [tokens, fresh]) {
      expect(written).not.toContain(accessToken);
      expect(written).not.toContain(refreshToken);
    }
    expect(localStorage.written).toEqual([]);
  });

  it('given a browser that blocks what a page keeps, when the page logs in without leaving, then it succeeds', async () => {
    for (const name of ['sessionStorage', 'localStorage', 'BroadcastChannel']) {
      Object.defineProperty(globalThis, name, { get: denied, configurable: true });
    }
    const client = newClient();

    const { tokens } = await client.finish(await follow(await client.begin()));

    expect((await client.refresh()).refreshToken).not.toBe(tokens.refreshToken);
  });

  it('given a callback in its URL, when it is finished, then code, state and issuer are gone from there, and the rest stays', async () => {
    const client = newClient();
    location.href = `${await follow(await client.begin())}&tab=2#there`;

    await client.finish();

    expect(location.href).toBe('http://127.0.0.1/callback?tab=2#there');
  });

  it('given an end-user who is logged in, when the page logs out, then the ID token goes by POST and in no URL', async () => {
    const client = newClient();
    const { tokens } = await client.finish(await follow(await client.begin()));

    const { url, form } = await client.logout();

    expect(submitted).toMatchObject([{ method: 'post', action: url.split('?')[0] }]);
    expect(form['id_token_hint']).toBe(tokens.idToken);
    expect(url).not.toContain(tokens.idToken);
  });
});
