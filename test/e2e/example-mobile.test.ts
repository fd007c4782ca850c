import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import type { createSession, Phone, Session } from '../../examples/mobile/session';
import { type SecureStore, secureStorage } from '../../packages/client/src/secure-storage';
import { endUser } from '../../packages/client/test/support/end-user';
import { secureStore } from '../../packages/client/test/support/storages';
import { type BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { askWith, loggedIn, postToken } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { registerClient } from '../support/clients/registered';

const scheme = 'com.example.notes';

interface App {
  readonly createSession: typeof createSession;
  readonly expoPhone: Phone;
}

type Answer = { readonly type: 'success'; readonly url: string } | { readonly type: 'cancel' };

describe('examples/mobile, under what Expo hands in', () => {
  const service = fixture(startService);
  const client = fixture(() =>
    registerClient(service, {
      applicationType: 'native',
      redirectUris: [`${scheme}:/callback`],
      postLogoutRedirectUris: [`${scheme}:/signed-out`],
    }),
  );
  let keychain: ReturnType<typeof secureStore>;
  /** What it holds, and who may read it. */
  let values: Map<string, string>;
  let accessible: Set<unknown>;
  /** What the browser in front of the app does, and what it was asked for. */
  let browse: (url: string) => Promise<Answer>;
  let opened: { readonly url: URL; readonly redirectUri: string }[];
  let session: Session;
  /** What a bundler makes of the example: all but what Expo has. */
  let program: string;

  beforeAll(async () => {
    const contents = "export * from './expo-phone'; export * from './session';";
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: join(__dirname, '../../examples/mobile') },
      external: ['expo-*', 'react-native-*'],
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'es2022',
    });
    program = outputFiles[0]?.text ?? '';
  });

  beforeEach(async () => {
    const follow = endUser(service);
    [values, accessible, opened] = [new Map(), new Set(), []];
    keychain = secureStore(values, (_key, options) => options && accessible.add(options));
    browse = async (url) => ({ type: 'success', url: await follow(url) });
    session = startApp();
  });

  const openAuthSessionAsync = (url: string, redirectUri: string) => {
    opened.push({ url: new URL(url), redirectUri });
    return browse(url);
  };

  /** The app, started anew: nothing in its memory, and the same phone. */
  function startApp(): Session {
    const modules: Readonly<Record<string, object>> = {
      'expo-secure-store': keychain,
      'expo-web-browser': { openAuthSessionAsync },
      'react-native-quick-crypto': {
        subtle: webcrypto.subtle,
        getRandomValues: (bytes: Uint8Array) => webcrypto.getRandomValues(bytes),
      },
    };
    const app = { exports: {} as App };
    // oxlint-disable-next-line no-new-func -- a phone runs what its bundler made.
    new Function('require', 'module', program)((name: string) => modules[name], app);
    const { expoPhone, createSession: create } = app.exports;
    return create(expoPhone, { issuer: service.url, clientId: client.clientId, scheme });
  }

  it('given a login in the browser, when the app is started anew, then it is logged in, and calls its API', async () => {
    const before = await session.subject();
    const isLoggedIn = await session.login();
    const anew = startApp();
    const me = await anew.fetch(`${service.url}/api/me`);

    expect([before, isLoggedIn, await anew.subject()]).toEqual([undefined, true, 'user0']);
    expect(await me.json()).toMatchObject({ sub: 'user0', client_id: client.clientId });
    expect(opened.map(({ redirectUri }) => redirectUri)).toEqual([`${scheme}:/callback`]);
    expect([...accessible]).toEqual([{ keychainAccessible: 6 }]);
  });

  it('given an app that the system ended while the browser was in front of it, when it is started with the URL, then the login goes on, once', async () => {
    const answered = browse;
    let url = '';
    browse = async (at) => {
      ({ url = '' } = (await answered(at)) as { url?: string });
      return new Promise(() => {});
    };
    void session.login();
    await new Promise<void>((resolve) => {
      const look = () => (url === '' ? setImmediate(look) : resolve());
      look();
    });

    const anew = startApp();
    await anew.resume(url);
    const again = anew.resume(url);

    await expect(again).rejects.toMatchObject({ code: 'login_unknown' });
    expect(await anew.subject()).toBe('user0');
  });

  it('given an end-user who closes the browser, when they log in later, then nothing is in the way', async () => {
    const follow = browse;
    browse = async () => ({ type: 'cancel' });

    const closed = await session.login();
    const nobody = await session.subject();
    browse = follow;
    const later = await session.login();

    expect([closed, nobody, later]).toEqual([false, undefined, true]);
  });

  it('given another app that claimed the scheme and has the code, when it redeems it, then it gets nothing, and the login goes on', async () => {
    const follow = browse;
    let stolen: unknown;
    browse = async (url) => {
      const answer = (await follow(url)) as { type: 'success'; url: string };
      const code = new URL(answer.url).searchParams.get('code') ?? '';
      const { clientId: client_id } = client;
      const fields = { grant_type: 'authorization_code', code, client_id, redirect_uri: `${scheme}:/callback` };
      stolen = (await postToken(service, fields)).body;
      return answer;
    };

    const isLoggedIn = await session.login();

    expect(stolen).toMatchObject({ reason: 'code_verifier_required' });
    expect(isLoggedIn).toBe(true);
  });

  it('given a login, when the app logs out, then the keychain is empty, the tokens are worth nothing, and the browser’s session ends', async () => {
    const browser = await loggedIn(service);
    browse = async (url) => ({ type: 'success', url: await pressed(browser, url) });
    await session.login();
    const token = await accessTokenIn(keychain, values);

    await session.logout();
    const me = await askWith(service, token);
    const account = await browser.fetch('/account');

    expect([...values]).toEqual([]);
    expect(me.status).toBe(401);
    expect(account.status).toBe(303);
    expect(await session.subject()).toBeUndefined();
    expect(opened.map(({ redirectUri }) => redirectUri)).toEqual([`${scheme}:/callback`, `${scheme}:/signed-out`]);
    expect(opened.filter(({ url }) => url.searchParams.has('id_token_hint'))).toEqual([]);
  });
});

/** Where the browser ends up that follows the URL, and presses the button of the page that asks. */
async function pressed(browser: BrowserSession, url: string): Promise<string> {
  const { pathname, search } = new URL(url);
  const response = await browser.fetch(pathname + search);
  if (response.status === 303) return response.headers.get('location') ?? '';
  const asked = await browser.postForm('/logout', hiddenFields(await response.text()));
  return asked.headers.get('location') ?? '';
}

/** As the app has it, read out of the keychain by whoever unlocked the phone. */
async function accessTokenIn(keychain: SecureStore, values: ReadonlyMap<string, string>): Promise<string> {
  const key = [...values.keys()].find((each) => !/\.\d+\.\d+$/.test(each)) ?? '';
  const { accessToken } = JSON.parse((await secureStorage(keychain).get(key)) ?? '{}') as { accessToken: string };
  return accessToken;
}
