import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { openLoginPage } from '../support/clients/login-page';
import { newPasskeyOwner, passkeyForm, signInByPasskey } from '../support/clients/passkey';
import {
  authorizationQuery,
  basic,
  codeFor,
  loggedIn,
  locationOf,
  postFields,
  redeem,
} from '../support/clients/pkce-login';
import { openingPath, pushRequest } from '../support/clients/pushed-request';
import { nativeClient, register } from '../support/clients/registration';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const unmet = 'unmet_authentication_requirements';

const ask = (browser: BrowserSession, query: URLSearchParams) => browser.fetch(`/authorize?${query}`);

describe('the authentication context class', () => {
  const service = fixture(() => startService('lmdb', { REGISTRATION: 'open' }));

  async function withPasskey() {
    const owner = await newPasskeyOwner(service);
    return { ...owner, ...(await signInByPasskey(service, owner.authenticator)) };
  }

  it('given a login by passkey, when its code is redeemed, then its tokens and their introspection name phr', async () => {
    const { browser, user } = await withPasskey();

    const { body } = await redeem(service, await codeFor(service, browser));
    const answer = await introspected(browser);

    for (const token of [body['access_token'], body['id_token']]) {
      expect(decodeJwt(String(token))).toMatchObject({ sub: user.id, amr: ['pop', 'mfa'], acr: 'phr' });
    }
    expect(answer).toMatchObject({
      active: true,
      amr: ['pop', 'mfa'],
      acr: 'phr',
      auth_time: expect.any(Number),
    });
  });

  /** The introspection of an access token of the demo's confidential client. */
  async function introspected(browser: BrowserSession): Promise<Record<string, unknown>> {
    const headers = basic('demo-client', 'demo-secret');
    const code = await codeFor(service, browser, { client_id: 'demo-client' });
    const { body } = await redeem(service, code, { client_id: undefined }, headers);
    const token = String(body['access_token']);
    return (await postFields(service, '/introspect', { token }, headers)).body;
  }

  it('given a login by password, when its code is redeemed, then no token has an acr', async () => {
    const { body } = await redeem(service, await codeFor(service, await loggedIn(service)));

    for (const token of [body['access_token'], body['id_token']]) {
      expect(decodeJwt(String(token))).not.toHaveProperty('acr');
    }
  });

  it.each(['phr', 'urn:mace:silver phr', 'phr phrh'])(
    'given acr_values %j and a session by password, when a code is asked for, then the login page offers passkeys alone',
    async (acr_values) => {
      const browser = await loggedIn(service);

      const response = await ask(browser, authorizationQuery({ acr_values }));
      const { html } = await openLoginPage(service.url, locationOf(response, service).search.slice(1), browser);

      expect(locationOf(response, service).pathname).toBe('/login');
      expect(html).toContain('data-challenge="/login/passkey/challenge"');
      expect(html).not.toContain('name="password"');
      expect(html).not.toContain('/login/wallet');
    },
  );

  it.each(['', 'PHR', 'phrh', 'urn:mace:silver', 'phr,loa2'])(
    'given acr_values %j, none of which is known, when a code is asked for, then they are ignored',
    async (acr_values) => {
      const response = await ask(await loggedIn(service), authorizationQuery({ acr_values }));

      expect(locationOf(response, service).searchParams.has('code')).toBe(true);
    },
  );

  it('given a session by passkey, when phr is asked for, then there is a code', async () => {
    const { browser } = await withPasskey();

    const response = await ask(browser, authorizationQuery({ acr_values: 'phr' }));

    expect(locationOf(response, service).searchParams.has('code')).toBe(true);
  });

  it('given a session by password, when its person uses a passkey at that page, then the request goes on to its code', async () => {
    const { authenticator } = await newPasskeyOwner(service);
    const browser = await loggedIn(service);
    const asked = await ask(browser, authorizationQuery({ acr_values: 'phr' }));
    const page = await openLoginPage(service.url, locationOf(asked, service).search.slice(1), browser);

    const answer = await browser.postForm('/login/passkey', await passkeyForm(page, authenticator));
    const resumed = await browser.fetch(answer.headers.get('location') ?? '');

    expect(locationOf(resumed, service).searchParams.has('code')).toBe(true);
  });

  it.each([
    ['no session', async () => new BrowserSession(service.url), 'login_required'],
    ['a session by password', () => loggedIn(service), unmet],
    ['a session by passkey that is too old', async () => (await withPasskey()).browser, 'login_required'],
  ] as const)('given %s and prompt=none, when phr is asked for, then it is %s', async (what, begin, error) => {
    const browser = await begin();
    const isOld = what.endsWith('old');

    const response = await ask(
      browser,
      authorizationQuery({ acr_values: 'phr', prompt: 'none', ...(isOld && { max_age: '0' }) }),
    );

    const { searchParams } = locationOf(response, service);
    expect(Object.fromEntries(searchParams)).toMatchObject({ error, state: 'state-of-the-browser', iss: service.url });
  });

  /** The login page that a request for a passkey leads to. */
  async function pageFor(browser: BrowserSession, query = authorizationQuery({ acr_values: 'phr' })) {
    const response = await ask(browser, query);
    return openLoginPage(service.url, locationOf(response, service).search.slice(1), browser);
  }

  describe('the form that leads back', () => {
    it.each([
      ['nobody', () => new BrowserSession(service.url)],
      ['somebody with a password', () => loggedIn(service)],
      ['somebody with a passkey', async () => (await withPasskey()).browser],
    ] as const)(
      'given %s, when it is sent, then the client gets unmet_authentication_requirements',
      async (_who, begin) => {
        const browser = await begin();
        const page = await pageFor(browser, authorizationQuery({ acr_values: 'phr', prompt: 'login' }));

        const response = await browser.postForm('/consent', { ...page.hidden, decision: 'unmet' });

        expect(response.status).toBe(303);
        const location = locationOf(response, service);
        expect(`${location.origin}${location.pathname}`).toBe('http://127.0.0.1/callback');
        expect(Object.fromEntries(location.searchParams)).toEqual({
          error: unmet,
          error_description: expect.any(String),
          state: 'state-of-the-browser',
          iss: service.url,
        });
      },
    );

    it('given the form of another browser, when it is sent, then it is refused', async () => {
      const { hidden } = await pageFor(new BrowserSession(service.url));

      const response = await new BrowserSession(service.url).postForm('/consent', { ...hidden, decision: 'unmet' });

      expect(response.status).toBe(403);
    });

    it('given a request that asks for no passkey, when it is sent, then it is no decision', async () => {
      const browser = await loggedIn(service);
      const { hidden } = await pageFor(browser, authorizationQuery({ acr_values: 'phr' }));
      const request = authorizationQuery({}).toString();

      const response = await browser.postForm('/consent', { ...hidden, request, decision: 'unmet' });

      expect(locationOf(response, service).searchParams.get('error')).not.toBe(unmet);
    });

    it('given somebody who has no passkey, when the page is shown, then it says so, and not to others', async () => {
      const isTold = async (browser: BrowserSession) => (await pageFor(browser)).html.includes('id="no-passkey"');
      const owner = await withPasskey();

      expect(await isTold(await loggedIn(service))).toBe(true);
      expect(await isTold(new BrowserSession(service.url))).toBe(false);
      const prompted = await pageFor(owner.browser, authorizationQuery({ acr_values: 'phr', prompt: 'login' }));
      expect(prompted.html).not.toContain('id="no-passkey"');
    });

    it('given a client that registered itself and nobody signed in, when it is sent, then that client gets its answer', async () => {
      const { body } = await register(service, nativeClient);
      const browser = new BrowserSession(service.url);
      const page = await pageFor(
        browser,
        authorizationQuery({ client_id: String(body['client_id']), acr_values: 'phr' }),
      );

      const response = await browser.postForm('/consent', { ...page.hidden, decision: 'unmet' });

      expect(locationOf(response, service).searchParams.get('error')).toBe(unmet);
    });
  });

  it('given a pushed request for phr, when it is opened, then its page offers passkeys alone, and a passkey leads to its code', async () => {
    const { authenticator } = await newPasskeyOwner(service);
    const { clientId, requestUri } = await pushRequest(service, { acr_values: 'phr' });
    const browser = await loggedIn(service);
    const opened = await browser.fetch(openingPath(clientId, requestUri));
    const page = await openLoginPage(service.url, locationOf(opened, service).search.slice(1), browser);

    const answer = await browser.postForm('/login/passkey', await passkeyForm(page, authenticator));
    const resumed = await browser.fetch(answer.headers.get('location') ?? '');

    expect(page.html).not.toContain('name="password"');
    expect(hiddenFields(page.html)).toHaveProperty('request', expect.stringContaining('request_uri='));
    expect(locationOf(resumed, service).searchParams.has('code')).toBe(true);
  });
});

describe('the authentication context class of an issuer that is an IP address', () => {
  const service = fixture(() => startService('lmdb', { ISSUER: 'http://127.0.0.1:3000' }));

  it('given that there are no passkeys, when phr is asked for, then it is unknown like any other', async () => {
    const metadata = await (await fetch(`${service.url}/.well-known/openid-configuration`)).json();
    const browser = await loggedIn(service);

    const { html } = await openLoginPage(service.url, String(authorizationQuery({ acr_values: 'phr' })), browser);
    const response = await browser.fetch(`/authorize?${authorizationQuery({ acr_values: 'phr' })}`);

    expect(metadata).not.toHaveProperty('acr_values_supported');
    expect(html).not.toContain('passkey');
    expect(html).toContain('autocomplete="username"');
    expect(locationOf(response, service).searchParams.has('code')).toBe(true);
  });
});
