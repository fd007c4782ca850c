import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchBrowser, pagesOf, submitPassword } from '../support/browser/browser';
import { bundledModule } from '../support/browser/bundled-module';
import { tokenRequestsOf } from '../support/browser/client-page';
import { registerClient } from '../support/clients/registered';
import { guidePage } from '../support/docs/client-guide';
import { fixture } from '../support/run/fixture';
import { serveLocally } from '../support/run/local-server';
import { startService } from '../support/service/service';

/** What the pages have on their window. */
declare const seen: readonly string[];

const guide = guidePage('docs/guides/single-page-app.md');

/** `/` is open to everybody, and says who is logged in; `/notes` has the guard, in strict mode like all of it. */
const application = `
import { StrictMode, useEffect, useSyncExternalStore } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { createSessionClient } from '@tessera/client/session';
import { RequireLogin, TesseraProvider, useAccessToken, useSession } from '@tessera/client/react';

const made = createSessionClient({ ...options, redirectUri: location.origin + '/callback' });
const counted = (options) => {
  sessionStorage.begun = Number(sessionStorage.begun ?? 0) + 1;
  return made.login(options);
};
const client = { ...made, login: counted };
window.seen = [];

function Home() {
  const { loading, user, error, login, logout } = useSession();
  const accessToken = useAccessToken();
  const said = loading ? 'loading' : error ? error.code : user ? user.sub : 'nobody';
  useEffect(() => void seen.push(said), [said]);
  return <main>
    <p role="status">{said}</p>
    <button onClick={() => void login({ parameters: { prompt: 'login' } })}>Begin</button>
    <button onClick={() => void logout({ postLogoutRedirectUri: location.origin + '/' })}>Log out</button>
    <button onClick={async () => { document.title = (await accessToken()) ? 'has a token' : ''; }}>Token</button>
  </main>;
}

const pathOf = () => location.pathname;
/** As a router does it. */
function Page() {
  const path = useSyncExternalStore((listener) => (addEventListener('popstate', listener), () => removeEventListener('popstate', listener)), pathOf, pathOf);
  const guard = <RequireLogin>{null}</RequireLogin>;
  if (path === '/notes/guarded/twice') return <>{guard}<RequireLogin><Home /></RequireLogin></>;
  return path.startsWith('/notes') ? <RequireLogin fallback={<p>One moment</p>}><Home /></RequireLogin> : <Home />;
}

const root = document.body.appendChild(document.createElement('div'));
const app = <StrictMode><TesseraProvider client={client}><Page /></TesseraProvider></StrictMode>;
if (location.pathname === '/notes/rendered') {
  // As from a server; then the client knows more than that before the page is hydrated.
  root.innerHTML = renderToString(app);
  seen.push(root.textContent);
  await new Promise((resolve) => client.subscribe(() => client.getSnapshot().loading || resolve()));
  hydrateRoot(root, app, { onRecoverableError: ({ message }) => seen.push(message) });
} else createRoot(root).render(app);
`;

const says = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();

describe('an application of React in strict mode, in chromium', () => {
  let app: string;
  let script = '';

  const service = fixture(startService);
  // With the back/forward cache, which Playwright turns off.
  const browser = fixture(() => launchBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] }));
  const server = fixture(() =>
    serveLocally(
      ({ url }, response) => {
        const isScript = url === '/app.js';
        const html =
          '<!doctype html><title>Mine</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script>';
        response
          .writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
          .end(isScript ? script : html);
      },
      { host: 'localhost' },
    ),
  );
  const open = pagesOf(browser);
  let options: object;
  beforeAll(async () => {
    app = server.url;
    const { clientId } = await registerClient(service, {
      redirectUris: [`${app}/callback`],
      postLogoutRedirectUris: [`${app}/`],
    });
    options = { issuer: service.url, clientId, scope: 'openid profile offline_access' };
    script = await bundledModule({ 'main.tsx': `const options = ${JSON.stringify(options)};${application}` });
  });

  /** Opens the guarded page and logs in. */
  async function logIn(page: Page, path = '/notes?of=me'): Promise<void> {
    await page.goto(app + path);
    await submitPassword(page);
    await page.waitForURL(app + path);
    await says(page, 'user0');
  }

  it('given two guards, when their page is opened, then one login begins, its code is redeemed once, and the page is shown', async () => {
    const { page, context } = await open();
    const posted = tokenRequestsOf(context, service);
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().startsWith(`${service.url}/authorize`)) asked.push(request.url());
    });

    await logIn(page, '/notes/guarded/twice');
    await page.getByRole('button', { name: 'Token' }).click();
    await page.waitForFunction(() => document.title === 'has a token');

    // The service comes back to the same request after the password.
    expect(new Set(asked).size).toBe(1);
    expect(await page.evaluate(() => sessionStorage['begun'])).toBe('1');
    expect(posted.filter((form) => form.get('grant_type') === 'authorization_code')).toHaveLength(1);
  });

  it('given a page that a server rendered, when it is hydrated in a tab that shares a login, then nothing differs, and the login is there', async () => {
    const { page, context } = await open();
    await logIn(page);
    const rendered = await context.newPage();

    await rendered.goto(`${app}/notes/rendered`);
    await says(rendered, 'user0');

    expect(await rendered.evaluate(() => [...new Set(seen)])).toEqual(['One moment', 'user0']);
  });

  it('given two tabs, when one logs out, then the other says so at once, and its guard does not begin a login', async () => {
    const { page, context } = await open();
    await logIn(page);
    const other = await context.newPage();
    await other.goto(`${app}/notes`);
    await says(other, 'user0');

    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${app}/`);
    await says(page, 'nobody');
    await other.getByRole('button', { name: 'Log in' }).waitFor();

    expect(other.url()).toBe(`${app}/notes`);
  });

  it('given an end-user who goes back from the login, when the guarded page is shown again, then a button is there, and no second login begins', async () => {
    const { page } = await open();
    await page.goto(`${app}/notes`);
    await page.getByLabel('Username').waitFor();

    // A page from the cache is not loaded again.
    await page.goBack({ waitUntil: 'commit' });
    await page.getByRole('button', { name: 'Log in' }).click();
    await submitPassword(page);

    await page.waitForURL(`${app}/notes`);
    await says(page, 'user0');
  });

  it('given a callback that nobody asked for, when it is opened, then the session has the error, and the URL no response', async () => {
    const { page } = await open();

    await page.goto(`${app}/callback?code=planted&state=unknown&iss=${encodeURIComponent(service.url)}`);
    await says(page, 'login_unknown');

    expect(page.url()).toBe(`${app}/callback`);
    expect(await page.evaluate(() => [...new Set(seen)])).toEqual(['loading', 'login_unknown']);
  });

  it('given the response of another issuer, when the page is opened, then it is left to whoever asked for it', async () => {
    const { page } = await open();

    await page.goto(`${app}/?code=other&state=other&iss=https%3A%2F%2Fother.example`);
    await says(page, 'nobody');

    expect(page.url()).toContain('code=other');
  });

  it('given the block of the guide, when its page is opened, then end-users log in, come back, call the API and log out', async () => {
    const [block = ''] = guide.blocksOf('React', 'tsx', { app, issuer: service.url });
    const former = script;
    const { clientId } = options as { clientId: string };
    script = await bundledModule({ 'main.tsx': block.replace("'my-app'", JSON.stringify(clientId)) });
    const { page } = await open();

    await page.goto(`${app}/deep?of=me`);
    await submitPassword(page);
    await page.waitForURL(`${app}/deep?of=me`);
    await page.getByRole('heading', { name: 'user0' }).waitFor();
    await page.getByText(`Logged in by ${clientId}`).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'user0' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(/login/);
    script = former;

    expect(page.url()).toContain(service.url);
  });
});
