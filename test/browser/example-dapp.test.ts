import { execFile } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { DiscoveredWallet, WalletSession } from '../../packages/client/src/wallet/index';
import { launchBrowser, openPage } from '../support/browser/browser';
import { guidePage, type Substitutes } from '../support/docs/client-guide';
import { eventually } from '../support/run/eventually';
import { installWallet } from '../support/browser/extension-wallet';
import { startExample } from '../support/clients/example';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { registerClient } from '../support/clients/registered';
import { startServiceOn } from '../support/service/service';
import { emptyStore } from '../support/stores/stores';
import { newAccount } from '../support/clients/wallet';
import { type LocalServer, serveLocally } from '../support/run/local-server';

const root = join(__dirname, '../..');
const folder = join(root, 'examples/dapp');

/** What a page shows of the session, and of what failed. */
const status = (page: Page) => page.getByRole('status');
const alert = (page: Page) => page.getByRole('alert');

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** By RainbowKit's dialog, which its button does not open before wagmi has looked for wallets; no event tells of that. */
async function connect(page: Page): Promise<void> {
  const exampleWallet = page.getByRole('button', { name: 'Example Wallet' });
  const isListed = async () => {
    await page
      .getByRole('button', { name: 'Connect Wallet' })
      .click({ timeout: 1_000 })
      .catch(() => {});
    return exampleWallet.waitFor({ timeout: 1_000 }).then(
      () => true,
      () => false,
    );
  };
  await eventually(isListed, { withinMs: 30_000, what: 'no dialog lists the wallet' });
  await exampleWallet.click();
}
const sign = (page: Page) => page.getByRole('button', { name: 'Sign message' }).click();

const guide = guidePage('docs/guides/dapp.md');

/** The files that the guide builds, and a page that has them on its window. */
const guideFiles = (substitutes: Substitutes): Readonly<Record<string, string>> => ({
  './session.js': guide.blocksOf('Log in', 'js', substitutes).join(''),
  './app.jsx': guide.blocksOf('With RainbowKit', 'tsx', substitutes).join(''),
  './wallets.js': guide.blocksOf('Without a library', 'js', substitutes).join(''),
  './api.js': guide.blocksOf('Call an API', 'js', substitutes).join(''),
  './remedy.js': guide.blocksOf('When something goes wrong', 'js', substitutes).join(''),
  guide: `
    import { createElement } from 'react';
    import { createRoot } from 'react-dom/client';
    import { whoAmI } from './api.js';
    import { App } from './app.jsx';
    import { remedy } from './remedy.js';
    import { session } from './session.js';
    import { logIn, logOut, watchWallets } from './wallets.js';
    window.guide = { logIn, logOut, remedy, session, watchWallets, whoAmI };
    createRoot(document.body.appendChild(document.createElement('main'))).render(createElement(App));`,
});

/** What the page of the guide has on its window. */
declare const window: Window & {
  readonly guide: {
    readonly session: WalletSession;
    logIn(wallet: DiscoveredWallet): Promise<unknown>;
    logOut(): Promise<void>;
    remedy(error: object): string;
    watchWallets(show: (wallets: readonly DiscoveredWallet[]) => void): () => void;
    whoAmI(): Promise<{ sub: string }>;
  };
};

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css' };

/**
 * Pages with the other libraries and with what the guide builds, and Base Account's window, on an origin of their own. A page
 * has the name of its script.
 */
async function servePages(
  { server }: LocalServer,
  files: Readonly<Record<string, string>>,
  define: Readonly<Record<string, string>>,
) {
  const libraries = ['connectkit.tsx', 'appkit.ts', 'wagmi.ts', 'base-account.ts'];
  const { outputFiles } = await build({
    entryPoints: [
      ...libraries.map((name) => join(folder, 'other-libraries', name)),
      join(root, 'test/support/browser/base-account-window.ts'),
      'guide',
    ],
    outdir: '/pages',
    entryNames: '[name]',
    bundle: true,
    write: false,
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    define: { ...define, 'process.env.NODE_ENV': '"production"' },
    external: ['porto/internal'],
    plugins: [
      {
        name: 'guide',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /^/ }, ({ path, importer, namespace }) =>
            Object.hasOwn(files, path) && (importer === '' || namespace === 'guide')
              ? { path, namespace: 'guide' }
              : undefined,
          );
          onLoad({ filter: /^/, namespace: 'guide' }, ({ path }) => ({
            contents: files[path] ?? '',
            loader: 'tsx',
            resolveDir: folder,
          }));
        },
      },
    ],
  });
  const built = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  server.on('request', ({ url = '' }: IncomingMessage, response: ServerResponse) => {
    const name = basename(url.split('?')[0] ?? '');
    const page = `<!doctype html><title>${name}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/${name}.css"><body><script type="module" src="/${name}.js"></script>`;
    response.writeHead(200, { 'content-type': types[extname(name)] ?? 'text/html' });
    response.end(built.get(name) ?? (extname(name) === '' ? page : ''));
  });
}

describe('the dApp of examples/dapp', () => {
  /** What a content security policy refused, in any page. */
  let refused: string[];

  const store = fixture(() => emptyStore('lmdb'));
  const service = fixture(() => startServiceOn(store));
  const browser = fixture(launchBrowser);
  const dapp = fixture(async () => {
    const port = String(await freePort());
    const example = startExample('dapp', [], { ISSUER: service.url, PORT: port, ...store.env });
    await example.written(/^Open (.*)$/m);
    return { ...example, origin: `http://localhost:${port}` };
  });
  const pages = fixture(async () => {
    const server = await serveLocally(undefined, { host: 'localhost' });
    // With Base Account, and with WalletConnect in AppKit, the wallet writes the message.
    const { clientId } = await registerClient(service, { walletOrigin: server.url, walletMessage: 'wallet' });
    await guide.registerAs('Register', store, { app: server.url });
    await servePages(server, guideFiles({ issuer: service.url, app: server.url }), {
      ISSUER: JSON.stringify(service.url),
      CLIENT_ID: JSON.stringify(clientId),
    });
    return server;
  });
  const watched = fixtureOfEach(() => openPage(browser));
  beforeEach(async () => {
    refused = [];
    await watched.context.exposeFunction('refused', (what: string) => refused.push(what));
    await watched.context.addInitScript(() =>
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
        Reflect.get(globalThis, 'refused')(`${effectiveDirective} ${blockedURI}`),
      ),
    );
  });
  const wallet = fixtureOfEach(() => installWallet(watched.context, 'Example Wallet'));
  afterEach(() => expect(refused).toEqual([]));

  const subject = () => `eip155:1:${wallet.account.address}`;

  const open = async (name: string) => {
    await watched.page.goto(`${pages.url}/${name}`);
    return watched.page;
  };

  async function loggedIn(): Promise<Page> {
    const { page } = watched;
    await page.goto(dapp.origin);
    await connect(page);
    await sign(page);
    await status(page).getByText(subject()).waitFor();
    return page;
  }

  describe('with RainbowKit', () => {
    it('given a wallet, when its owner logs in and loads the page again, then the session is there without another signature', async () => {
      const page = await loggedIn();
      const signed = wallet.asked();

      await page.reload();
      await status(page).getByText(subject()).waitFor();

      expect(signed.filter((method) => method === 'personal_sign')).toHaveLength(1);
      expect(wallet.asked()).not.toContain('personal_sign');
      expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toMatch(/eyJ|accessToken/);
      expect(page.url()).toBe(`${dapp.origin}/`);
      expect(watched.problems).toEqual([]);
    });

    it('given a session, when its owner signs out, then its token is worth nothing, and a reload finds nobody', async () => {
      const page = await loggedIn();
      const revoked = page.waitForResponse(`${service.url}/revoke`);

      await page.getByRole('button', { name: '0x' }).click();
      await page.getByRole('button', { name: 'Disconnect' }).click();
      const answered = (await revoked).status();
      await page.reload();
      await page.getByRole('button', { name: 'Connect Wallet' }).waitFor();

      expect(answered).toBe(200);
      expect(await status(page).count()).toBe(0);
      expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toMatch(/eyJ|accessToken/);
    });

    it('given a wallet whose owner refuses to sign, then signs with another key, when RainbowKit hides why, then the page says it', async () => {
      const { page } = watched;
      await page.goto(dapp.origin);
      await connect(page);

      wallet.refuses = true;
      await sign(page);
      await alert(page).getByText('The end-user refused in the wallet').waitFor();
      wallet.refuses = false;
      wallet.signer = newAccount();
      await sign(page);
      await page.getByText('Error verifying signature, please retry!').waitFor();
      const told = await alert(page).textContent();
      wallet.signer = undefined;
      await sign(page);
      await status(page).getByText(subject()).waitFor();

      expect(told).toMatch(/Another account signed/);
      expect(await alert(page).count()).toBe(0);
    });

    it('given a session, when another account is chosen in the wallet, then it is over, and the other one logs in', async () => {
      const page = await loggedIn();
      const before = subject();

      await wallet.choose(newAccount());
      await page.getByRole('button', { name: 'Connect Wallet' }).click();
      await sign(page);
      await status(page).getByText(subject()).waitFor();

      expect(subject()).not.toBe(before);
    });
  });

  describe('with its content security policy', () => {
    it('given a script in the page, one of eval, and another server, when each is tried, then all are refused', async () => {
      const { page } = watched;
      const response = await page.goto(dapp.origin);
      await page.getByRole('button', { name: 'Connect Wallet' }).waitFor();

      const ran = await page.evaluate(async (elsewhere) => {
        document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }));
        const timer = setTimeout as (code: string) => void;
        timer('window.ran = 2');
        const answer = await fetch(elsewhere).catch(() => 'refused');
        return [Reflect.get(globalThis, 'ran'), answer];
      }, pages.url);
      await eventually(() => Promise.resolve(refused.length === 3), { withinMs: 20_000 });

      expect(response?.headers()['content-security-policy']).toMatch(/script-src 'self';/);
      expect(ran).toEqual([undefined, 'refused']);
      expect(refused.splice(0).toSorted()).toEqual([
        `connect-src ${pages.url}/`,
        'script-src eval',
        'script-src-elem inline',
      ]);
    });
  });

  describe('on a page of its own', () => {
    it('given ConnectKit, when its dialog connects and signs, then that is the login', async () => {
      const page = await open('connectkit');

      await press(page, 'Connect Wallet');
      await page.getByRole('button', { name: 'Example Wallet' }).click();
      await press(page, 'Sign In');
      await status(page).getByText(subject()).waitFor();

      expect(watched.problems).toEqual([]);
    });

    it('given wagmi, when a connector logs in, or the connected account, then each is the login', async () => {
      const page = await open('wagmi');

      await press(page, 'Log in with Example Wallet');
      await status(page).getByText(subject()).waitFor();
      await press(page, 'Log out');
      await press(page, 'Connect Example Wallet');
      await press(page, 'Log in');
      await status(page).getByText(subject()).waitFor();

      expect(watched.problems).toEqual([]);
    });

    it('given AppKit, when it asks for a signature, or the wallet writes the message, then each is the login', async () => {
      const page = await open('appkit');

      await press(page, 'Connect and sign');
      await status(page).getByText(subject()).waitFor();
      const title = await page.title();
      await press(page, 'Sign out');
      await press(page, 'Sign in one go');
      await status(page).getByText(subject()).waitFor();

      expect(title).toBe('authenticated');
      expect(watched.problems).toEqual([]);
    });

    it('given Base Account, when its window connects and signs, then that is the login', async () => {
      const page = await open('base-account');

      await press(page, 'Log in');
      await status(page).getByText('eip155:1:0x').waitFor();

      expect(watched.problems).toEqual([]);
    });

    it('given the files of docs/guides/dapp.md, when a wallet logs in by RainbowKit and then without it, then each is the login, and an API answers', async () => {
      const page = await open('guide');

      await connect(page);
      wallet.refuses = true;
      await sign(page);
      await alert(page).getByText('Nothing is wrong: offer the login again.').waitFor();
      const remedy = await page.evaluate(() => window.guide.remedy(window.guide.session.getSnapshot().error ?? {}));
      wallet.refuses = false;
      await sign(page);
      await status(page).getByText(wallet.account.address).waitFor();
      const me = await page.evaluate(() => window.guide.whoAmI());
      await page.evaluate(() => window.guide.logOut());
      await page.evaluate(
        () =>
          new Promise((done) =>
            window.guide.watchWallets(([first]) => first && void window.guide.logIn(first).then(done)),
          ),
      );
      const again = await page.evaluate(() => window.guide.whoAmI());

      expect(remedy).toBe('log in');
      expect([me.sub, again.sub]).toEqual([subject(), subject()]);
      expect(watched.problems).toEqual([]);
    });
  });

  it('given the libraries as they are published, when the dApp is checked against their types, then the adapters fit', async () => {
    const compiler = join(root, 'node_modules/typescript-7/bin/tsc');

    const checked = promisify(execFile)(process.execPath, [compiler, '-p', folder]);

    await expect(checked).resolves.toMatchObject({ stdout: '' });
  });
});
