import { readFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { exportJWK, generateKeyPair } from 'jose';
import { hashSecret } from '../../../src/domain/credentials/secret.ts';
import { BrowserSession } from '../../../test/support/clients/browser-session.ts';
import { guidePage, type Packages, runModule } from '../../../test/support/docs/client-guide.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { freePort } from '../../../test/support/run/free-port.ts';
import { codeFor, loggedIn, postToken, redemption } from '../../../test/support/clients/pkce-login.ts';
import { registerApi, registerClient } from '../../../test/support/clients/registered.ts';
import { startService } from '../../../test/support/service/service.ts';
import * as tessera from '../src/index.ts';
import * as byKey from '../src/private-key-jwt.ts';
import { secureStorage } from '../src/secure-storage.ts';
import * as guards from '../src/server/express.ts';
import * as server from '../src/server/index.ts';
import * as wallet from '../src/wallet/index.ts';
import * as web from '../src/web/express.ts';
import { type LocalServer, serveLocally } from '../../../test/support/run/local-server.ts';
import { announceTo, info } from './support/announced-wallet.ts';
import { emulatedPage } from './support/emulated-page.ts';
import { endUser } from './support/end-user.ts';
import { keyProvider } from './support/key-provider.ts';
import { secureStore } from './support/storages.ts';

const readme = guidePage('packages/client/README.md');
/** Of each section that has a block; package.test.ts checks the types of all. */
const sections = [
  '# @tessera/client',
  'React Native',
  'Wallets',
  'A web application on a server',
  'A web application with keys',
  'An API',
] as const;

describe('the blocks of README.md', () => {
  /** Where the application, or the API, of the page listens. */
  let app: string;
  let running: LocalServer | undefined;

  const service = fixture(startService);
  const follow = endUser(service);
  beforeAll(async () => {
    app = `http://localhost:${await freePort()}`;
    await registerClient(service, {
      clientId: 'my-app',
      redirectUris: [`${app}/callback`, 'com.example.app:/callback'],
    });
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
  });

  const blockOf = (section: (typeof sections)[number]) =>
    readme.blocksOf(section, 'js', { issuer: service.url, app, api: app }).join('');

  const runOnPhone = (packages: Packages) =>
    runModule<{ finished: tessera.FinishedLogin | undefined }>(
      `${blockOf('React Native')}; export { finished };`,
      packages,
    );

  /** Runs a block that adds to an application of Express, and the application until the end of the test. */
  async function serve(section: (typeof sections)[number], packages: Packages, env: Record<string, string> = {}) {
    const application = express();
    await runModule(blockOf(section), packages, { env, globals: { app: application } });
    running = await serveLocally(application, { host: 'localhost', port: Number(new URL(app).port) });
  }

  /** What a browser gets that opens a page of the application, and is led through the login. */
  async function openThroughLogin(path: string): Promise<Response> {
    const browser = new BrowserSession(app);
    const open = (url: string) => browser.fetch(url, { headers: { accept: 'text/html' } });
    const locationAfter = async (url: string) => (await open(url)).headers.get('location') ?? 'missing:location';
    const callback = await follow(await locationAfter(await locationAfter(path)));
    return open(await locationAfter(callback));
  }

  it('given all of them, when they are counted, then each is one that is run here', () => {
    const text = readFileSync(join(__dirname, '../README.md'), 'utf8');

    expect(sections.map((section) => readme.blocksOf(section, 'js').length)).toEqual(sections.map(() => 1));
    expect(text.match(/^```./gm)).toHaveLength(sections.length);
  });

  it('given the first one, when its page is loaded and comes back from the login, then it calls the API', async () => {
    const block = `${blockOf('# @tessera/client')}; export { answer, client };`;
    const page = emulatedPage();
    const load = () =>
      page.run(() => runModule<{ answer: unknown; client: tessera.Client }>(block, { '@tessera/client': tessera }));

    page.open(`${app}/notes`);
    const first = await load();
    page.open(await follow(page.url().href));
    const second = await load();

    expect(first.answer).toBeUndefined();
    expect(second.answer).toBeInstanceOf(Response);
    expect(await (second.answer as Response).json()).toMatchObject({ sub: 'user0', client_id: 'my-app' });
    expect(page.url().search).toBe('');
  });

  describe('of React Native', () => {
    it('given an end-user who logs in, when the browser comes back, then the tokens are in the keychain', async () => {
      const { packages, kept, options } = emulatedPhone(async (url) => ({ type: 'success', url: await follow(url) }));

      const { finished } = await runOnPhone(packages);

      expect(finished?.tokens.claims?.sub).toBe('user0');
      expect(decodeURIComponent([...kept.values()].join())).toContain(finished?.tokens.refreshToken);
      expect([...options]).toEqual(['{"keychainAccessible":6}']);
    });

    it('given an end-user who closes the browser, when it is asked, then there is no login', async () => {
      const { packages } = emulatedPhone(async () => ({ type: 'cancel' }));

      expect(await runOnPhone(packages)).toEqual({ finished: undefined });
    });
  });

  it('given the one about wallets, when a wallet is in the page, then its account signs in', async () => {
    await registerClient(service, { clientId: 'my-dapp', walletOrigin: app });
    const provider = keyProvider();
    const page = emulatedPage();
    page.open(`${app}/`);
    page.window.addEventListener('eip6963:requestProvider', () => announceTo(page.window, { info, provider }));

    const { address, accessToken } = await page.run(() =>
      runModule<wallet.WalletTokens>(`${blockOf('Wallets')}; export { address, accessToken };`, {
        '@tessera/client/wallet': wallet,
      }),
    );
    const me = await fetch(`${service.url}/api/me`, { headers: { authorization: `Bearer ${accessToken}` } });

    expect(address).toBe(provider.account.address);
    expect(await me.json()).toMatchObject({ sub: `eip155:1:${address}` });
  });

  it('given the one about a server, when somebody opens its page, then they log in, and it has their claims', async () => {
    await registerClient(service, {
      clientId: 'my-site',
      redirectUris: [`${app}/auth/callback`],
      authentication: 'client_secret',
      secrets: [{ hash: hashSecret('the secret of my-site') }],
    });
    const env = { TESSERA_SECRET: 'the secret of my-site' };
    await serve('A web application on a server', { '@tessera/client/web/express': web }, env);

    const notes = await openThroughLogin('/notes');

    expect(await notes.json()).toMatchObject({ sub: 'user0' });
  });

  it('given the one about keys, when its client is one of FAPI 2.0, then its end-user logs in, and it has their claims', async () => {
    const [key, dpopKey] = [await newKeyPair(), await newKeyPair()];
    const kid = 'a key of my-bank';
    await registerClient(service, {
      clientId: 'my-bank',
      redirectUris: [`${app}/auth/callback`],
      authentication: 'private_key_jwt',
      jwks: { keys: [{ ...(await exportJWK(key.publicKey)), kid, alg: 'ES256' }] },
      requirePushedAuthorizationRequests: true,
      dpopBoundAccessTokens: true,
      idTokenAlgorithm: 'ES256',
    });
    const packages = {
      '@tessera/client': tessera,
      '@tessera/client/private-key-jwt': byKey,
      '@tessera/client/web/express': web,
    };
    await serve('A web application with keys', packages, {
      TESSERA_KEY: JSON.stringify({ ...(await exportJWK(key.privateKey)), kid }),
      TESSERA_DPOP_KEY: JSON.stringify(await exportJWK(dpopKey.privateKey)),
    });

    const account = await openThroughLogin('/account');

    expect(await account.json()).toMatchObject({ sub: 'user0' });
  });

  it('given the one about an API, when clients ask, then tokens are good for their scopes', async () => {
    const { clientId } = await registerClient(service);
    await registerApi(service, { identifier: app });
    await serve('An API', { '@tessera/client/server': server, '@tessera/client/server/express': guards });
    const browser = await loggedIn(service);
    const askFor = async (scope: string) => {
      const code = await codeFor(service, browser, { client_id: clientId, scope, resource: app });
      const { body } = await postToken(service, redemption(code));
      return fetch(`${app}/notes`, { headers: { authorization: `Bearer ${String(body['access_token'])}` } });
    };

    const [none, read, write] = [await fetch(`${app}/notes`), await askFor('notes:read'), await askFor('notes:write')];

    expect([none.status, read.status, write.status]).toEqual([401, 200, 403]);
    expect(await read.json()).toEqual([]);
  });
});

const newKeyPair = () => generateKeyPair('ES256', { extractable: true });

/** The modules of a phone whose in-app browser answers by `opened`, what its keychain has, and the options that it was given. */
function emulatedPhone(opened: (url: string) => Promise<object>) {
  const kept = new Map<string, string>();
  const options = new Set<string>();
  const packages: Packages = {
    '@tessera/client': tessera,
    '@tessera/client/secure-storage': { secureStorage },
    'expo-secure-store': secureStore(kept, (_, given) => given !== undefined && options.add(JSON.stringify(given))),
    'expo-web-browser': { openAuthSessionAsync: opened },
    'react-native-quick-crypto': {
      subtle: webcrypto.subtle,
      getRandomValues: (bytes: Uint8Array) => webcrypto.getRandomValues(bytes),
    },
  };
  return { packages, kept, options };
}
