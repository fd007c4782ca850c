import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchBrowser, openPage, submitPassword } from '../support/browser/browser';
import { bundledModule } from '../support/browser/bundled-module';
import { registerClient } from '../support/clients/registered';
import { guidePage } from '../support/docs/client-guide';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { serveLocally } from '../support/run/local-server';
import { startService } from '../support/service/service';

/** What the page makes of the guide's block. */
declare const page: {
  readonly client: import('../../packages/client/src/index').Client;
  /** What became of the page's own callback; undefined where there is none. */
  readonly finished: string | undefined;
  /** Of each login, in the order in which they ended. */
  readonly outcomes: string[];
};

const main = `
import { createClient } from '@tessera/client';
import { popupBrowser } from '@tessera/client/popup';
import { client, isAnswered } from './popup.js';

const outcomes = [];
const codeOf = ({ code }) => code;
const finished =
  location.pathname === '/callback' && !isAnswered ? await client.finish().then(() => 'finished', codeOf) : undefined;
const ended = (login) => login.then((result) => outcomes.push(result?.tokens.claims.sub ?? 'closed'), (error) => outcomes.push(codeOf(error)));
window.page = { client, finished, outcomes };
const browser = popupBrowser();
const prepared = createClient({ ...options, browser });
const actions = {
  'Log in': () => ended(client.login()),
  'Open and log in': () => (browser.open(), ended(prepared.login())),
  'Open only': () => browser.open(),
};
for (const [name, act] of Object.entries(actions)) {
  const button = Object.assign(document.createElement('button'), { textContent: name });
  button.addEventListener('click', act);
  document.body.append(button);
}
document.title = 'ready';
`;

const isReady = (of: Page) => of.waitForFunction(() => document.title === 'ready');

async function popupOf(of: Page, name = 'Log in'): Promise<Page> {
  const opened = of.waitForEvent('popup');
  await of.getByRole('button', { name, exact: true }).click();
  const popup = await opened;
  await popup.getByLabel('Username').waitFor();
  return popup;
}

/** Once there are so many. */
const outcomes = (of: Page, count: number) =>
  of
    .waitForFunction((expected) => page.outcomes.length >= expected, count)
    .then(() => of.evaluate(() => page.outcomes));

describe('a login in a popup, in chromium', () => {
  let app: string;
  let script = '';

  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const server = fixture(() =>
    serveLocally(
      ({ url = '' }, response) => {
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
  beforeAll(async () => {
    app = server.url;
    const { clientId } = await registerClient(service, { redirectUris: [`${app}/callback`] });
    const [block = ''] = guidePage('docs/guides/single-page-app.md').blocksOf('A popup', 'js', {
      app,
      issuer: service.url,
    });
    const options = { issuer: service.url, clientId, redirectUri: `${app}/callback` };
    script = await bundledModule({
      'main.js': `const options = ${JSON.stringify(options)};${main}`,
      'popup.js': block.replace("'my-app'", JSON.stringify(clientId)),
    });
  });
  const watched = fixtureOfEach(() => openPage(browser));

  async function open(of: Page = watched.page): Promise<Page> {
    await of.goto(`${app}/`);
    await isReady(of);
    return of;
  }
  it('given a click, when the end-user logs in in the popup, then it closes, and the page has the login without having left', async () => {
    const of = await open();
    await of.evaluate(() => Object.assign(window, { isSame: true }));
    const popup = await popupOf(of);
    const closed = popup.waitForEvent('close');

    await submitPassword(popup);
    await closed;

    expect(await outcomes(of, 1)).toEqual(['user0']);
    expect(await of.evaluate(() => [location.pathname, 'isSame' in window])).toEqual(['/', true]);
    expect(watched.problems).toEqual([]);
  });

  it('given an end-user who closes the popup, when the page waits, then there is no login, and no error', async () => {
    const of = await open();
    const popup = await popupOf(of);

    await popup.close();

    expect(await outcomes(of, 1)).toEqual(['closed']);
    expect(await of.evaluate(() => page.client.tokens())).toBeUndefined();
  });

  it('given a click that opens the window before the request, when the end-user logs in there, then it is the login’s', async () => {
    const of = await open();
    const popup = await popupOf(of, 'Open and log in');

    await submitPassword(popup);

    expect(await outcomes(of, 1)).toEqual(['user0']);
    expect(watched.context.pages()).toHaveLength(1);
  });

  it('given a window that was opened for no login, when 20 seconds have passed, then it closes', async () => {
    await watched.page.clock.install();
    const of = await open();
    const opened = of.waitForEvent('popup');
    await of.getByRole('button', { name: 'Open only' }).click();
    const closed = (await opened).waitForEvent('close');

    await of.clock.fastForward('00:20');
    await closed;

    expect(await of.evaluate(() => page.outcomes)).toEqual([]);
  });

  it('given two popups at once, when the second is finished first, then each login has its own answer', async () => {
    const of = await open();
    const asked: string[] = [];
    watched.context.on('request', (request) => {
      if (request.url().startsWith(`${service.url}/authorize`)) asked.push(request.url());
    });
    const first = await popupOf(of);
    const second = await popupOf(of);
    const closed = [first, second].map((each) => each.waitForEvent('close'));

    await submitPassword(second);
    await closed[1];
    // Whose end-user is logged in by now.
    await first.goto(asked[0] ?? '').catch(() => undefined);
    await closed[0];

    expect(await outcomes(of, 2)).toEqual(['user0', 'user0']);
  });

  it('given a browser that blocks popups, when the end-user logs in, then the page itself goes there and comes back', async () => {
    const of = await open();
    await of.evaluate(() => {
      window.open = () => null;
    });

    await of.getByRole('button', { name: 'Log in', exact: true }).click();
    await submitPassword(of);
    await of.waitForURL(/callback/);
    await isReady(of);

    expect(await of.evaluate(() => page.finished)).toBe('finished');
  });

  it('given a callback that somebody planted, when a page waits for its popup, then that does not take it', async () => {
    const of = await open();
    const popup = await popupOf(of);
    const planted = await watched.context.newPage();

    await planted.goto(`${app}/`);
    await planted.evaluate(() => (window.name = 'tessera.popup.guessed'));
    await planted.goto(`${app}/callback?code=planted&state=planted`);
    await isReady(planted);
    const before = await of.evaluate(() => page.outcomes.length);
    await submitPassword(popup);

    expect(await planted.evaluate(() => page.finished)).toBe('login_unknown');
    expect(before).toBe(0);
    expect(await outcomes(of, 1)).toEqual(['user0']);
  });

  it('given another origin that has the popup’s name, when it sends a callback, then the page does not hear it', async () => {
    const of = await open();
    const popup = await popupOf(of);
    const heard = of.evaluate(
      () =>
        new Promise<string>((resolve) => addEventListener('message', ({ origin }) => resolve(origin), { once: true })),
    );

    // The login page has another origin, the popup's name, and the page as its opener.
    await popup.evaluate(() => {
      const opener = window.opener as Window;
      opener.postMessage({ popup: name, url: 'http://localhost/callback?code=planted&state=planted' }, '*');
    });
    const from = await heard;
    const before = await of.evaluate(() => page.outcomes.length);
    await submitPassword(popup);

    expect(from).toBe(service.url);
    expect(before).toBe(0);
    expect(await outcomes(of, 1)).toEqual(['user0']);
  });

  it('given a page without BroadcastChannel, when the end-user logs in, then the popup answers its opener directly', async () => {
    await watched.context.addInitScript(() => Reflect.deleteProperty(window, 'BroadcastChannel'));
    const of = await open();
    const popup = await popupOf(of);

    await submitPassword(popup);

    expect(await outcomes(of, 1)).toEqual(['user0']);
  });

  it('given a page that is gone, when its popup comes back, then that finishes the login itself', async () => {
    const of = await open();
    const popup = await popupOf(of);

    await of.close();
    await submitPassword(popup);
    await popup.waitForURL(/callback/);
    await isReady(popup);

    expect(await popup.evaluate(() => page.finished)).toBe('finished');
  });
});
