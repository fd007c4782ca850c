import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { launchBrowser, openPage } from '../support/browser/browser';
import { serveLocally } from '../support/run/local-server';
import { fixture } from '../support/run/fixture';

/** What the page has on its window. */
declare const client: import('../../packages/client/src/index').Client;
declare const outcomes: Readonly<Record<string, string>>;

const issuer = 'https://login.example.com';
const program = `
import { createClient, dpop } from './index.ts';
const metadata = {
  issuer: '${issuer}',
  authorization_endpoint: '${issuer}/authorize',
  token_endpoint: '${issuer}/token',
  jwks_uri: '${issuer}/jwks',
};
const outcomeOf = (call) => call().then(() => 'works', ({ name }) => name);
window.client = createClient({
  issuer: '${issuer}',
  clientId: 'my-app',
  redirectUri: location.origin + '/callback',
  dpop: dpop(),
  fetch: async () => Response.json(metadata),
});
window.outcomes = {
  sessionStorage: await outcomeOf(async () => sessionStorage),
  locks: await outcomeOf(() => navigator.locks.request('a lock', async () => undefined)),
  indexedDB: await outcomeOf(async () => indexedDB.open('a database')),
};
document.title = 'ready';
`;

describe('@tessera/client in a page that may keep nothing', () => {
  const server = fixture(async () => {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: join(__dirname, '../../packages/client/src') },
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
    });
    const listener: RequestListener = (_request, response) => {
      // As in a frame of another site, or where the end-user forbids all cookies.
      response
        .writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': 'sandbox allow-scripts',
        })
        .end(`<!doctype html><link rel="icon" href="data:,"><script type="module">${outputFiles[0]?.text}</script>`);
    };
    return serveLocally(listener, { host: 'localhost' });
  });
  const browser = fixture(launchBrowser);

  it('given a browser that blocks storage, locks and IndexedDB, when a login begins and its tokens come, then they are held in memory', async () => {
    const { page, problems, context } = await openPage(browser);
    await page.goto(server.url);
    await page.waitForFunction(() => document.title === 'ready');

    const blocked = await page.evaluate(() => outcomes);
    const begun = await page.evaluate(() => Promise.all([client.begin(), client.begin()]));
    const held = await page.evaluate(async () => {
      const expiresAt = Date.now() + 60_000;
      await client.adopt({ accessToken: 'a token', tokenType: 'Bearer', expiresAt, scope: [] });
      return (await client.tokens())?.accessToken;
    });
    await context.close();

    expect(blocked).toEqual({ sessionStorage: 'SecurityError', locks: 'SecurityError', indexedDB: 'SecurityError' });
    expect(begun.map((each) => new URL(each).searchParams.get('dpop_jkt'))).toEqual([
      expect.stringMatching(/^[\w-]{43}$/),
      new URL(begun[0] ?? '').searchParams.get('dpop_jkt'),
    ]);
    expect(held).toBe('a token');
    expect(problems).toEqual([]);
  });
});
