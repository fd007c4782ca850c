import * as events from 'node:events';
import { webcrypto } from 'node:crypto';
import { statSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tessera from '../../packages/client/src/index';
import { secureStorage } from '../../packages/client/src/secure-storage';
import { endUser } from '../../packages/client/test/support/end-user';
import { secureStore } from '../../packages/client/test/support/storages';
import { guidePage, runModule } from '../support/docs/client-guide';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore } from '../support/stores/stores';

/** What the guide takes over from the example. */
const locks: object = require('../../examples/cli/file-locks.js');
const storage: object = require('../../examples/cli/file-storage.js');
const loopback: object = require('../../examples/cli/loopback.js');

const commandLine = guidePage('docs/guides/command-line.md');
const mobileApp = guidePage('docs/guides/mobile-app.md');

describe('the guides to programs on the machine of the end-user', () => {
  const store = fixture(() => emptyStore('lmdb'));
  const home = temporaryDirectory();

  beforeAll(async () => {
    await commandLine.registerAs('Register', store);
    await mobileApp.registerAs('Register', store);
  });
  const service = fixture(() => startServiceOn(store));
  const follow = endUser(service);

  const openBrowser = (url: string) => void follow(url).then((callback) => fetch(callback));

  it('given docs/guides/command-line.md, when its blocks are run, then it logs in, calls an API and logs out', async () => {
    const substitutes = { issuer: service.url, env: { XDG_STATE_HOME: home } };
    const [login = ''] = commandLine.blocksOf('Log in', 'js', substitutes);
    const [use = ''] = commandLine.blocksOf('Use it, and log out', 'js', substitutes);

    const session = await runModule<{ client: tessera.Client; login(): Promise<string> }>(
      login,
      {
        'node:events': events,
        'node:os': os,
        'node:path': path,
        '@tessera/client': tessera,
        './file-locks.js': locks,
        './file-storage.js': storage,
        './loopback.js': loopback,
        './open-browser.js': { openBrowser },
      },
      substitutes,
    );
    const { whoAmI, logout } = await runModule<{ whoAmI(): Promise<unknown>; logout(): Promise<void> }>(use, {
      './session.js': session,
    });
    const subject = await session.login();
    const me = await whoAmI();
    const { mode } = statSync(path.join(home, 'my-cli/tokens.json'));
    await logout();

    expect(subject).toBe('user0');
    expect(me).toMatchObject({ sub: 'user0', client_id: 'my-cli' });
    expect(mode & 0o777).toBe(0o600);
    expect(await session.client.tokens()).toBeUndefined();
  });

  it('given docs/guides/mobile-app.md, when its blocks are run, then it logs in, starts again, calls an API and logs out', async () => {
    const substitutes = { issuer: service.url };
    const blockOf = (heading: string) => mobileApp.blocksOf(heading, 'ts', substitutes).join('');
    const values = new Map<string, string>();
    const opened: (string | undefined)[] = [];
    const modules = {
      '@tessera/client': tessera,
      '@tessera/client/secure-storage': { secureStorage },
      'expo-secure-store': secureStore(values),
      'expo-web-browser': {
        openAuthSessionAsync: async (url: string, redirectUri: string) => {
          opened.push(redirectUri);
          return new URL(url).pathname === '/logout'
            ? { type: 'dismiss' }
            : { type: 'success', url: await follow(url) };
        },
      },
      'react-native-quick-crypto': {
        subtle: webcrypto.subtle,
        getRandomValues: (bytes: Uint8Array) => webcrypto.getRandomValues(bytes),
      },
      'react-native': { Linking: { getInitialURL: async () => 'com.example.notes:/callback?code=a&state=b' } },
    };
    const sessionOf = () =>
      runModule<{ client: tessera.Client; login(): Promise<boolean> }>(blockOf('Log in'), modules);

    const isLoggedIn = await (await sessionOf()).login();
    const all = { ...modules, './session': await sessionOf() };
    const { start } = await runModule<{ start(): Promise<tessera.IdTokenClaims> }>(
      blockOf('When the app is started'),
      all,
    );
    const { whoAmI } = await runModule<{ whoAmI(): Promise<unknown> }>(blockOf('Call an API'), all);
    const { logout } = await runModule<{ logout(): Promise<void> }>(blockOf('Log out'), all);
    const claims = await start();
    const me = await whoAmI();
    await logout();

    expect(isLoggedIn).toBe(true);
    expect(claims.sub).toBe('user0');
    expect(me).toMatchObject({ sub: 'user0', client_id: 'my-app' });
    expect(opened).toEqual(['com.example.notes:/callback', 'com.example.notes:/signed-out']);
    expect([...values]).toEqual([]);
  });
});
