import { beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import * as fc from 'fast-check';
import { BrowserSession, hiddenFields } from '../../../../test/support/clients/browser-session.ts';
import { serveLocally } from '../../../../test/support/run/local-server.ts';
import { fixture, fixtureOfEach } from '../../../../test/support/run/fixture.ts';
import { loggedIn } from '../../../../test/support/clients/pkce-login.ts';
import { startService } from '../../../../test/support/service/service.ts';
import { TesseraError } from '../../src/errors.ts';
import * as onExpress from '../../src/web/express.ts';
import { returnUrl } from '../../src/web/return-path.ts';
import { frameworks, runApplication } from './applications.ts';
import { fewerRuns } from '../../../../test/support/run/property-runs.ts';

const { createWebLogin } = onExpress;

const service = fixture(startService);

describe.each(frameworks)('a web application on %s', (name) => {
  let origin: string;
  let stored: Map<string, string>;
  let browser: BrowserSession;
  let ahead: number;

  const app = fixtureOfEach(() => runApplication(service, name, { now: () => Date.now() + ahead }));
  beforeEach(() => {
    ahead = 0;
    ({ origin, stored } = app);
    browser = new BrowserSession(origin);
  });

  const open = (path: string) => browser.fetch(path, { headers: { accept: 'text/html' } });

  /** Goes to the login, and comes back with what the service said. */
  async function callbackOf(path = '/auth/login'): Promise<string> {
    const request = locationOf(await open(path));
    const atService = await loggedIn(service);
    return locationOf(await atService.fetch(request));
  }
  const logIn = async (path?: string) => open(await callbackOf(path));

  it('given nobody is logged in, when a page is opened, then it leads through the login and back to it, and no cache keeps it', async () => {
    const first = await open('/notes?page=2');
    const back = await logIn(locationOf(first));
    const page = await open(locationOf(back));

    expect(locationOf(back)).toBe(`${origin}/notes?page=2`);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await page.json()).toEqual({ of: expect.stringMatching(/./), me: 200 });
  });

  it('given nobody is logged in, when a script asks, then it is a 401 without a redirect', async () => {
    const response = await browser.fetch('/notes', { headers: { accept: 'application/json' } });

    expect(response.status).toBe(401);
  });

  it('given a login, when it goes on, then no verifier and no token is in a URL or a cookie', async () => {
    const request = locationOf(await open('/auth/login'));
    const verifier = /"codeVerifier\W+([\w-]{43})/.exec([...stored.values()].join())?.[1] ?? 'no verifier';
    const atService = await loggedIn(service);
    const callback = locationOf(await atService.fetch(request));
    const back = await open(callback);
    const tokens = [...stored.values()].join().match(/eyJ[\w.-]+/g) ?? [];

    const seen = [request, callback, locationOf(back), ...back.headers.getSetCookie()].join('\n');
    expect(verifier).toHaveLength(43);
    expect(tokens.length).toBeGreaterThan(0);
    for (const secret of [verifier, ...tokens]) expect(seen).not.toContain(secret);
    expect([...stored.values()].join()).not.toContain(verifier);
  });

  it('given a browser whose cookies an attacker has set, when its end-user logs in, then they lead to no session', async () => {
    const planted = 'A'.repeat(43);
    browser.setCookie('tessera-session', planted);
    browser.setCookie('tessera-login', planted);

    await logIn();

    const attacker = new BrowserSession(origin);
    attacker.setCookie('tessera-session', planted);
    attacker.setCookie('tessera-login', planted);
    const response = await attacker.fetch('/notes');
    expect(browser.cookie('tessera-session')).toMatch(/^[\w-]{43}$/);
    expect(browser.cookie('tessera-session')).not.toBe(planted);
    expect(response.status).toBe(401);
  });

  it('given a callback of another browser, when it is opened here, then nobody is logged in, and a way out is shown', async () => {
    const callback = await callbackOf();
    const victim = new BrowserSession(origin);

    const response = await victim.fetch(callback);

    expect(response.status).toBe(400);
    expect(await response.text()).toContain(`${origin}/auth/login`);
    expect(victim.cookie('tessera-session')).toBeUndefined();
  });

  it('given a callback, when it comes twice, then the second one finds its end-user logged in', async () => {
    const callback = await callbackOf();
    await open(callback);

    const again = await open(callback);

    expect([again.status, locationOf(again)]).toEqual([303, `${origin}/`]);
  });

  it.each([
    ['an end-user who says no', 403, 'access_denied', { error: 'access_denied' }],
    ['the answer of another issuer', 400, 'issuer_mismatch', { code: 'a-code', iss: 'https://attacker.example' }],
  ])('given %s, when the browser comes back, then a page (%i) has the code %s', async (_, status, code, answer) => {
    const state = new URL(locationOf(await open('/auth/login'))).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ state, iss: service.url, ...answer });

    const response = await open(`/auth/callback?${query}`);

    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(code)]);
  });

  it('given an end-user, when they log out, then the session is over here and the browser posts the ID token', async () => {
    await logIn();
    const session = browser.cookie('tessera-session') ?? '';

    const response = await browser.fetch('/auth/logout', { method: 'POST', headers: { origin } });
    const html = await response.text();

    expect(html).toContain(`action="${service.url}/logout"`);
    expect(hiddenFields(html)).toMatchObject({
      post_logout_redirect_uri: `${origin}/`,
      id_token_hint: expect.any(String),
    });
    expect(stored.size).toBe(0);
    browser.setCookie('tessera-session', session);
    expect((await browser.fetch('/notes')).status).toBe(401);
  });

  it.each([
    ['a form of another site', '/auth/logout', 403, { origin: 'https://attacker.example' }],
    ['an image of another site', '/auth/logout', 403, { 'sec-fetch-site': 'cross-site' }],
    ['a form of a sibling host', '/notes', 403, { 'sec-fetch-site': 'same-site', origin: 'https://blog.example' }],
    ['a form of another site in an old browser', '/notes', 403, { origin: 'null' }],
    ['a form of the application', '/notes', 200, { 'sec-fetch-site': 'same-origin' }],
  ])(
    'given %s, when it posts to %s of who is logged in, then it is %i, and the session lives on',
    async (_name, path, status, headers) => {
      await logIn();

      const response = await browser.fetch(path, { method: 'POST', headers });

      expect(response.status).toBe(status);
      expect((await open('/notes')).status).toBe(200);
    },
  );

  it('given a session that is refreshed, when its lifetime is over, then its end-user logs in again', async () => {
    await logIn();
    ahead = 43_000_000;
    const refreshed = await open('/notes');
    ahead = 43_201_000;

    const late = await browser.fetch('/notes');

    expect([refreshed.status, late.status]).toEqual([200, 401]);
  });

  it('given a login that was left, when another one is begun 14 minutes later, then it has 15 minutes of its own', async () => {
    await open('/auth/login');
    ahead = 840_000;
    const callback = await callbackOf();
    ahead = 960_000;

    const back = await open(callback);

    expect(locationOf(back)).toBe(`${origin}/`);
  });

  it('given any callback, when it is opened, then it is no 5xx and quotes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 80 }), fc.string({ maxLength: 80 }), async (error, text) => {
        const state = new URL(locationOf(await open('/auth/login'))).searchParams.get('state') ?? '';
        const mark = `mark-${text}<script>`;
        const query = new URLSearchParams({ state, iss: service.url, error, error_description: mark, code: mark });

        const response = await open(`/auth/callback?${query}`);

        expect([400, 403, 503]).toContain(response.status);
        expect(await response.text()).not.toContain('mark-');
      }),
      fewerRuns(30),
    );
  });
});

const away = () => Promise.reject(new Error('away'));

describe('a web application without a framework', () => {
  const origin = 'http://localhost:1';
  const login = (options: Partial<onExpress.WebLoginOptions>) =>
    createWebLogin({ issuer: service.url, clientId: 'a-client', origin, ...options });

  it('given an error page of its own, when a login fails, then that is shown, with the code and a way out', async () => {
    const shown: onExpress.LoginFailure[] = [];
    const errorPage = (failure: onExpress.LoginFailure) => `<p>${shown.push(failure)}</p>`;

    const answer = await login({ errorPage }).handle(new Request(`${origin}/auth/callback?state=unknown`));

    expect(answer).toMatchObject({ status: 400, body: '<p>1</p>' });
    expect(answer?.headers['content-security-policy']).toMatch(/^default-src 'self';.*script-src 'none'/);
    expect(shown).toEqual([
      { code: 'login_unknown', status: 400, tryAgain: `${origin}/auth/login`, error: expect.any(TesseraError) },
    ]);
  });

  it('given Express 4, which leaves promises alone, when the store of sessions is away, then the process lives on', async () => {
    const handle = onExpress.requireLogin(login({ sessions: { get: away, set: away, remove: away } }));
    const app = express();
    app.use((request, response, next) => void handle(request, response, next));
    app.use((_error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(503).end();
    });
    const { url, close } = await serveLocally(app);

    const response = await fetch(url, { headers: { cookie: `tessera-session=${'A'.repeat(43)}` } });
    await close();

    expect(response.status).toBe(503);
  });
});

function locationOf(response: Response): string {
  return response.headers.get('location') ?? 'no location';
}

describe('where a login returns to', () => {
  const origin = 'https://app.example.com';

  it.each(['/', '/notes', '/notes?page=2#top', '/a/../b'])(
    'given the path %s, then it is of this application',
    (path) => {
      expect(returnUrl(path, origin)).toBe(new URL(path, origin).href);
    },
  );

  it.each([
    undefined,
    '',
    'notes',
    '//attacker.example',
    '/\\attacker.example',
    '/\t/attacker.example',
    '\\/attacker.example',
    'https://attacker.example/',
    'javascript:alert(1)',
  ])('given %j, then it leads nowhere', (path) => {
    expect(returnUrl(path, origin)).toBeUndefined();
  });

  it('given a path of 3 KB, then it leads nowhere', () => {
    expect(returnUrl(`/${'a'.repeat(3_000)}`, origin)).toBeUndefined();
  });

  it('given any text, then a browser that follows it stays here', () => {
    const text = fc.array(
      fc.constantFrom('/', '\\', '.', '..', '@', ':', '\t', '\n', 'a', 'attacker.example', '?', '#', '%2f'),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const url = returnUrl(`/${parts.join('')}`, origin);
        expect(url === undefined || new URL(url, 'https://elsewhere.example').origin === origin).toBe(true);
      }),
    );
  });
});
