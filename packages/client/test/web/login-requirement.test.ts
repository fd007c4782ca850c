import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { loggedIn } from '../../../../test/support/clients/pkce-login.ts';
import { newPasskeyOwner, signInByPasskey } from '../../../../test/support/clients/passkey.ts';
import { BrowserSession } from '../../../../test/support/clients/browser-session.ts';
import { registerApi, registerClient } from '../../../../test/support/clients/registered.ts';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import type { Fetch } from '../../src/answer.ts';
import * as onExpress from '../../src/web/express.ts';
import * as onNext from '../../src/web/next.ts';
import { storageOver } from '../support/storages.ts';
import { confirming, frameworks, runApplication } from './applications.ts';

const html = { headers: { accept: 'text/html' } };
const locationOf = (response: Response) => response.headers.get('location') ?? 'missing:location';
const queryOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

describe.each(frameworks)('the logins of a web application on %s', (name) => {
  const service = fixture(startService);
  const app = fixture(() => runApplication(service, name, { now: () => service.clock.now() }));

  it('given a route of its own, when it is opened, then the login has the parameters of the application, and returns where it says', async () => {
    const browser = new BrowserSession(app.origin);
    const request = locationOf(await browser.fetch('/confirm?login_hint=mallory&return_to=/other'));
    const { acr_values: _, ...parameters } = queryOf(request);
    const served = new URL(request);
    served.searchParams.delete('prompt');
    served.searchParams.delete('acr_values');

    const callback = locationOf(await (await loggedIn(service)).fetch(served.href));
    const back = await browser.fetch(callback);

    expect(queryOf(request)).toMatchObject({ ...confirming.parameters, scope: 'openid profile' });
    expect(parameters['redirect_uri']).toBe(`${app.origin}/auth/callback`);
    expect(locationOf(back)).toBe(`${app.origin}/notes?page=2`);
  });

  it('given a link of a stranger to the login, when it is opened, then nothing of it gets into the login', async () => {
    const ordinary = queryOf(locationOf(await new BrowserSession(app.origin).fetch('/auth/login')));
    const wanted = new URLSearchParams({
      prompt: 'none',
      login_hint: 'mallory',
      max_age: '0',
      acr_values: 'phr',
      ui_locales: 'xx',
      scope: 'openid everything',
      resource: 'https://attacker.example',
      client_id: 'another',
      redirect_uri: 'https://attacker.example',
      requirement: '{"acr":"phr"}',
      return_to: '/notes?prompt=none',
    });

    const request = queryOf(locationOf(await new BrowserSession(app.origin).fetch(`/auth/login?${wanted}`)));

    const fresh = { state: expect.any(String), nonce: expect.any(String), code_challenge: expect.any(String) };
    expect(request).toEqual({ ...ordinary, ...fresh });
  });

  it('given a page for recent logins, when the login is too old, then it leads through another one and back, and a script gets 401', async () => {
    const browser = await app.logIn();
    const first = await browser.fetch('/payment', html);
    service.clock.advance(20_000);

    const refused = await browser.fetch('/payment?of=10');
    const other = await browser.fetch('/page');
    const request = locationOf(await browser.fetch('/payment?of=10', html));
    // The end-user logs in anew.
    const callback = locationOf(await (await loggedIn(service)).fetch(request));
    const back = await browser.fetch(callback);
    const again = await browser.fetch(locationOf(back), html);

    expect([first.status, refused.status, other.status, again.status]).toEqual([200, 401, 200, 200]);
    expect(queryOf(request)).toMatchObject({ max_age: '10' });
    expect(locationOf(back)).toBe(`${app.origin}/payment?of=10`);
  });
});

describe('a page that requires a login by passkey', () => {
  const origin = 'http://localhost:1';
  const stored = new Map<string, string>();
  const service = fixture(startService);
  const login = fixture(async () => {
    const { clientId } = await registerClient(service, { redirectUris: [`${origin}/auth/callback`] });
    return onExpress.createWebLogin({ issuer: service.url, clientId, origin, sessions: storageOver(stored) });
  });

  const enter = (cookies: readonly string[] = [], requirement: onExpress.LoginRequirement = { acr: ['phr'] }) =>
    login.enter(requestOf('/secret', cookies), requirement);
  /** Where the page leads, and its cookies. */
  async function begun(requirement?: onExpress.LoginRequirement) {
    const entered = await enter([], requirement);
    if (!('answer' in entered)) throw new Error('somebody is logged in');
    return { url: entered.answer.headers['location'] ?? '', cookies: entered.answer.cookies };
  }
  const finish = (callback: string, cookies: readonly string[]) => login.handle(requestOf(callback, cookies));

  it('given an end-user with a passkey, when it leads to the login and back, then it is served', async () => {
    const { authenticator, user } = await newPasskeyOwner(service);
    const { url, cookies } = await begun();
    const page = await signInByPasskey(service, authenticator, new URL(url).search.slice(1));
    const callback = await page.browser.fetch(page.answer.headers.get('location') ?? 'missing:location');

    const back = await finish(locationOf(callback), cookies);
    const entered = await enter(back?.cookies);

    expect(new URL(url).searchParams.get('acr_values')).toBe('phr');
    expect(back?.headers['location']).toBe(`${origin}/secret`);
    expect(entered).toMatchObject({ session: { claims: { sub: user.id, acr: 'phr' } } });
  });

  it('given an issuer that lets another login pass for it, when the browser comes back, then it is refused, and does not go round in circles', async () => {
    stored.clear();
    const { url, cookies } = await begun();
    const ignored = new URL(url);
    ignored.searchParams.delete('acr_values');
    const callback = locationOf(await (await loggedIn(service)).fetch(ignored.href));

    const back = await finish(callback, cookies);

    expect(back).toMatchObject({ status: 400, body: expect.stringContaining('unmet_authentication_requirements') });
    expect(back?.cookies).toEqual([]);
    expect([...stored.keys()].filter((key) => key.startsWith('session.'))).toEqual([]);
  });

  it('given an issuer that is away, when the page is opened, then it is 503, with a way to try again', async () => {
    const unreachable = onExpress.createWebLogin({
      issuer: service.url,
      clientId: 'a-client',
      origin,
      fetch: unreached,
    });

    const entered = await unreachable.enter(requestOf('/secret', []), { acr: 'phr' });

    const body = expect.stringContaining(`${origin}/auth/login?return_to=%2Fsecret`);
    expect(entered).toMatchObject({ answer: { status: 503, body } });
  });

  it.each(['//attacker.example', 'https://attacker.example/', '/\\attacker.example', '/auth/login'])(
    'given the path %s, when the application begins a login to return there, then it returns to its start',
    async (returnTo) => {
      const { headers = {}, cookies = [] } = await login.begin(requestOf('/', []), { returnTo });
      const callback = locationOf(await (await loggedIn(service)).fetch(headers['location'] ?? ''));

      const back = await finish(callback, cookies);

      expect(back?.headers['location']).toBe(`${origin}/`);
    },
  );

  it('given a login for another API than the others, when its session asks that, then it gets a token that is for it alone', async () => {
    const { identifier } = await registerApi(service);
    const { clientId } = await registerClient(service, { redirectUris: [`${origin}/auth/callback`] });
    const shown: (string | null)[] = [];
    const ofApi = onExpress.createWebLogin({
      issuer: service.url,
      clientId,
      origin,
      origins: [new URL(identifier).origin],
      fetch: async (url, init) => {
        if (!url.startsWith(identifier)) return fetch(url, init);
        shown.push(new Headers(init?.headers).get('authorization'));
        return new Response();
      },
    });
    const options = { scope: 'openid notes:read', resource: identifier };
    const { headers = {}, cookies = [] } = await ofApi.begin(requestOf('/', []), options);
    const callback = locationOf(await (await loggedIn(service)).fetch(headers['location'] ?? ''));
    const back = await ofApi.handle(requestOf(callback, cookies));

    const session = await ofApi.session(requestOf('/', back?.cookies ?? []));
    await session?.fetch(`${identifier}/notes`);

    const { aud, scope } = decodeJwt(shown[0]?.replace('Bearer ', '') ?? '');
    expect([[aud].flat(), scope]).toEqual([
      expect.arrayContaining([identifier]),
      expect.stringContaining('notes:read'),
    ]);
  });

  it.each<[string, onExpress.LoginRequirement]>([
    ['a class with a quote', { acr: 'p"hr' }],
    ['two classes in one', { acr: ['phr phrh'] }],
    ['an empty class', { acr: '' }],
    ['no time at all', { maxAge: 0 }],
    ['a negative age', { maxAge: -1 }],
    ['half a second', { maxAge: 0.5 }],
    ['no number', { maxAge: NaN }],
  ])('given a requirement with %s, when a route is made, then it is refused', (_, requirement) => {
    expect(() => onExpress.requireLogin(login, requirement)).toThrow(TypeError);
    expect(() => onNext.requireLogin(login, () => new Response(), requirement)).toThrow(TypeError);
  });
});

const unreached: Fetch = () => Promise.reject(new TypeError('fetch failed'));

/** Of a page in a browser with these cookies. */
function requestOf(url: string, cookies: readonly string[]): onExpress.WebRequest {
  const sent = new Headers({ accept: 'text/html', cookie: cookies.map((each) => each.split(';')[0]).join('; ') });
  return { method: 'GET', url, headers: sent };
}
