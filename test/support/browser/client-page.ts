import { join } from 'node:path';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { submitPassword } from './browser';
import { registerClient } from '../clients/registered';
import { serveLocally } from '../run/local-server';
import type { TestService } from '../service/service';

/** What the page has on its window. */
declare const client: import('../../../packages/client/src/index').Client;

/** A single-page application by @tessera/client, on an origin of its own, which shows the same page everywhere. */
export interface ClientPage {
  /** Its origin. */
  readonly app: string;
  close(): Promise<void>;
}

const script = (options: object, tokens: string) => `
import { createClient, dpop, sharedStorage } from '/client.js';
const options = ${JSON.stringify(options)};
window.client = createClient({ ...options, redirectUri: location.origin + '/callback', dpop: dpop(), tokens: ${tokens} });
window.shown = [];
addEventListener('pagehide', () => shown.splice(0));
addEventListener('pageshow', async ({ persisted }) => shown.push(persisted, (await client.tokens())?.accessToken));
if (location.pathname === '/callback') {
  const finished = await Promise.allSettled([client.finish(), client.finish()]);
  window.outcomes = finished.map(({ reason, status }) => reason?.code ?? status);
  window.advice = finished[0].reason?.advice;
}
document.title = 'ready';
`;

/**
 * Serves it for the service, where it is registered as a client; what the client is given beside that is in the options, and
 * its `tokens` as an expression.
 */
export async function serveClientPage(
  service: TestService,
  options: object = {},
  tokens = 'undefined',
): Promise<ClientPage> {
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, '../../../packages/client/src/index.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  let page = '';
  const application = await serveLocally(
    ({ url = '' }, response) => {
      const [path] = url.split('?');
      const isScript = path === '/client.js';
      response
        .writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
        .end(isScript ? outputFiles[0]?.text : page);
    },
    { host: 'localhost' },
  );
  const app = application.url;
  const { clientId } = await registerClient(service, {
    redirectUris: [`${app}/callback`],
    postLogoutRedirectUris: [`${app}/`],
  });
  const all = { issuer: service.url, clientId, scope: 'openid profile offline_access', ...options };
  page = `<!doctype html><title>My app</title><link rel="icon" href="data:,"><script type="module">${script(all, tokens)}</script>`;
  return { app, close: application.close };
}

/** Its script has run, to the end. */
export const isReady = (page: Page) => page.waitForFunction(() => document.title === 'ready');

/** The access token that the page holds; undefined where nobody is logged in. */
export const accessToken = (page: Page) => page.evaluate(async () => (await client.tokens())?.accessToken);

/** That of a rotation. */
export const refreshed = (page: Page) => page.evaluate(async () => (await client.refresh()).accessToken);

/** How the service answers the page's client. */
export const statusOfMe = ({ url }: Pick<TestService, 'url'>, page: Page) =>
  page.evaluate(async (target) => (await client.fetch(target)).status, `${url}/api/me`);

/** The forms that the pages of the context post to `/token` from here on. */
export function tokenRequestsOf(context: BrowserContext, { url }: Pick<TestService, 'url'>): URLSearchParams[] {
  const forms: URLSearchParams[] = [];
  context.on('request', (request) => {
    if (request.url() === `${url}/token`) forms.push(new URLSearchParams(request.postData() ?? ''));
  });
  return forms;
}

/** At the login page of the service. */
export async function enterPassword(page: Page): Promise<void> {
  await submitPassword(page);
  await page.waitForURL(/callback/);
  await isReady(page);
}
