import { beforeAll, describe, expect, it } from '@jest/globals';
import { Auth, type AuthConfig } from '@auth/core';
import { getToken } from '@auth/core/jwt';
import { CookieJar } from '../../src/apps/browser/cookie-jar';
import { blocksOf, registerAs, runModule, secretOf } from '../support/docs/client-guide';
import { askWith, loggedIn, locationOf } from '../support/clients/pkce-login';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const app = 'http://127.0.0.1:49170';
const authSecret = 'a secret of the application, of 32 characters or more';

/** An application's end of a browser: the cookies that Auth.js has set, sent back to it. */
class AuthBrowser {
  private readonly jar = new CookieJar();

  constructor(private readonly config: AuthConfig) {}

  async fetch(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const post = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) };
    const response = await Auth(this.request(url, post), { ...this.config });
    this.jar.take(response.headers.getSetCookie());
    return response;
  }

  /** Posts the form of Auth.js' own page, with its CSRF token; returns where that leads. */
  async submit(path: string): Promise<URL> {
    const { csrfToken } = (await (await this.fetch(`${app}/auth/csrf`)).json()) as { csrfToken: string };
    const response = await this.fetch(`${app}${path}`, { csrfToken, callbackUrl: `${app}/` });
    return new URL(response.headers.get('location') ?? '');
  }

  async session(): Promise<Record<string, unknown> | null> {
    return (await (await this.fetch(`${app}/auth/session`)).json()) as Record<string, unknown> | null;
  }

  /** What the application's own code reads from its cookie. */
  async kept(): Promise<Record<string, unknown>> {
    return (await getToken({ req: this.request(`${app}/`), secret: authSecret })) ?? {};
  }

  private request(url: string, init: RequestInit = {}): Request {
    return new Request(url, { ...init, headers: this.jar.header() });
  }
}

describe.each(storesUnderTest)('Auth.js on %s', (storeName) => {
  const store = fixture(() => emptyStore(storeName));
  let secret: string;
  let defaults: { config: AuthConfig };
  let extended: { withTokens: AuthConfig; logout(idToken: unknown): string };

  beforeAll(async () => {
    secret = secretOf(await registerAs('Auth.js', store, { app }));
  });
  // A token of half a minute is one that the page's callback refreshes at once.
  const service = fixture(() => startServiceOn(store, { ACCESS_TOKEN_TTL: '30' }));
  beforeAll(async () => {
    const substitutes = { issuer: service.url, app, env: { TESSERA_SECRET: secret, AUTH_SECRET: authSecret } };
    const [first = '', second = ''] = blocksOf('Auth.js', 'js', substitutes);
    defaults = await runModule(first, {}, substitutes);
    extended = await runModule(second, { './auth.js': defaults }, substitutes);
  });
  const browser = fixtureOfEach(() => loggedIn(service));

  /** The whole login; returns what the application's browser has then. */
  async function logIn(config: AuthConfig): Promise<{ at: AuthBrowser; asked: URL; back: Response }> {
    const at = new AuthBrowser(config);
    const asked = await at.submit('/auth/signin/tessera');
    const answer = await browser.fetch(asked.pathname + asked.search);
    const back = await at.fetch(locationOf(answer, service).href);
    return { at, asked, back };
  }

  it('given its defaults, when it logs in without a state, then it has the profile of the ID token, and signs out', async () => {
    const { at, asked, back } = await logIn(defaults.config);
    const session = await at.session();

    await at.submit('/auth/signout');

    expect([...asked.searchParams.keys()].toSorted()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'redirect_uri',
      'response_type',
      'scope',
    ]);
    expect(back.headers.get('location')).toBe(`${app}/`);
    expect(session).toMatchObject({ user: { name: expect.any(String) } });
    expect(await at.session()).toBeNull();
  });

  it('given its jwt callback, when it keeps tokens, then each session that it reads has fresh ones, and both ends sign out', async () => {
    const { at } = await logIn(extended.withTokens);
    const first = await at.session();
    const second = await at.session();
    const { id_token: idToken } = await at.kept();
    const out = new URL(extended.logout(idToken));

    const answers = await Promise.all([first, second].map((each) => askWith(service, each?.['access_token'])));
    await at.submit('/auth/signout');
    const left = await browser.fetch(out.pathname + out.search);
    const again = await browser.fetch('/account');

    expect(first?.['access_token']).not.toBe(second?.['access_token']);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(left.headers.get('location')).toBe(`${app}/`);
    expect(locationOf(again, service).pathname).toBe('/login');
    // Its grant was for offline access: what has been signed out is the browser.
    expect((await askWith(service, second?.['access_token'])).status).toBe(200);
  });
});
