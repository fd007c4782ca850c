import { beforeAll, describe, expect, it } from '@jest/globals';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { documentServer } from '../support/clients/document-server';
import { authorizationQuery, codeFor, type Fields, locationOf, loggedIn, redeem } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { allowedCode, register } from '../support/clients/registration';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const phish = 'https://phish.example/';
const signedOut = 'https://phish.example/signed-out';
const html = { accept: 'text/html' };

/** What goes back to a client by redirect, and where it may be asked for without a session. */
const mistakes: readonly (readonly [reason: string, error: string, changes: Fields])[] = [
  ['login_required', 'login_required', { prompt: 'none' }],
  ['scope_unknown', 'invalid_scope', { scope: 'nonsense' }],
  ['response_type_required', 'invalid_request', { response_type: undefined }],
  ['response_type_unsupported', 'unsupported_response_type', { response_type: 'token' }],
  ['response_mode_unsupported', 'invalid_request', { response_mode: 'fragment' }],
  ['prompt_malformed', 'invalid_request', { prompt: 'none login' }],
  ['max_age_malformed', 'invalid_request', { max_age: 'soon' }],
  ['nonce_too_long', 'invalid_request', { nonce: 'n'.repeat(513) }],
  ['dpop_jkt_malformed', 'invalid_request', { dpop_jkt: 'short' }],
  ['resource_unknown', 'invalid_target', { resource: 'https://nowhere.example/' }],
  ['request_unsupported', 'request_not_supported', { request: 'x.y.z' }],
  ['request_uri_unsupported', 'request_uri_not_supported', { request_uri: 'https://rp.example/request' }],
];

const ask = (browser: BrowserSession, clientId: string, changes: Fields, method: 'GET' | 'POST' = 'GET') => {
  const query = authorizationQuery({ client_id: clientId, redirect_uri: phish, ...changes });
  return method === 'GET'
    ? browser.fetch(`/authorize?${query}`, { headers: html })
    : browser.postForm('/authorize', Object.fromEntries(query), html);
};
const logout = (browser: BrowserSession, query: Record<string, string>) =>
  browser.fetch(`/logout?${new URLSearchParams({ post_logout_redirect_uri: signedOut, ...query })}`);

describe('where clients that registered themselves have browsers sent', () => {
  let document: string;
  let itself: string;

  const service = fixture(startService);
  const host = fixture(documentServer);
  beforeAll(async () => {
    document = `${host.origin}/client.json`;
    host.serve({ client_id: document, client_name: 'A document', redirect_uris: [phish] });
    const metadata = { client_name: 'Itself', token_endpoint_auth_method: 'none', redirect_uris: [phish] };
    const { body } = await register(service, { ...metadata, post_logout_redirect_uris: [signedOut] });
    itself = String(body['client_id']);
  });
  const operators = fixture(() =>
    registerClient(service, { redirectUris: [phish], postLogoutRedirectUris: [signedOut] }),
  );

  const strangers = () => [itself, document];
  /** The ID token of a login at the stranger's client, in this browser. */
  async function idTokenIn(browser: BrowserSession): Promise<string> {
    const code = await allowedCode(service, browser, itself, { redirect_uri: phish, scope: 'openid' });
    return String((await redeem(service, code)).body['id_token']);
  }

  it.each(mistakes)(
    'given no session, when what it asks for is %s (%s), then it is an error page here, and no redirect',
    async (reason, error, changes) => {
      for (const clientId of strangers()) {
        for (const method of ['GET', 'POST'] as const) {
          const response = await ask(new BrowserSession(service.url), clientId, changes, method);

          expect([response.status, response.headers.get('location')]).toEqual([400, null]);
          const page = await response.text();
          expect([page.includes(`<code>${error}</code>`), page.includes(`<code>${reason}</code>`)]).toEqual([
            true,
            true,
          ]);
        }
      }
    },
  );

  it('given a session that has ended, or a cookie that is made up, when it asks with prompt=none, then neither is one', async () => {
    const ended = await loggedIn(service);
    const cookie = ended.cookie('tessera_session') ?? '';
    await ended.postForm('/logout', hiddenFields(await (await ended.fetch('/logout')).text()));
    for (const value of [cookie, `${'a'.repeat(22)}.${'b'.repeat(43)}`]) {
      const browser = new BrowserSession(service.url);
      browser.setCookie('tessera_session', value);

      const { status, headers } = await ask(browser, itself, { prompt: 'none' });

      expect([status, headers.get('location')]).toEqual([400, null]);
    }
  });

  it.each(mistakes.slice(1))(
    'given a session, when what it asks for is %s (%s), then the client is told by redirect',
    async (_reason, error, changes) => {
      const browser = await loggedIn(service);
      for (const clientId of strangers()) {
        const location = locationOf(await ask(browser, clientId, changes), service);

        expect([location.origin, location.searchParams.get('error')]).toEqual([new URL(phish).origin, error]);
      }
    },
  );

  it('given a session, when it asks with prompt=none before and after it was allowed, then it is told so by redirect, and gets its code', async () => {
    const browser = await loggedIn(service);
    const { body } = await register(service, {
      client_name: 'Another',
      token_endpoint_auth_method: 'none',
      redirect_uris: [phish],
    });
    const clientId = String(body['client_id']);

    const before = locationOf(await ask(browser, clientId, { prompt: 'none' }), service);
    await allowedCode(service, browser, clientId, { redirect_uri: phish });
    const { code } = await codeFor(service, browser, { client_id: clientId, redirect_uri: phish, prompt: 'none' });

    expect(before.href.startsWith(phish)).toBe(true);
    expect(before.searchParams.get('error')).toBe('consent_required');
    expect(code).toEqual(expect.any(String));
  });

  it('given no session, when it asks for a login, then the browser logs in first, as ever', async () => {
    for (const clientId of strangers()) {
      const { status, headers } = await ask(new BrowserSession(service.url), clientId, {});

      expect([status, headers.get('location')?.startsWith('/login?')]).toEqual([303, true]);
    }
  });

  it.each(mistakes)(
    'given no session and an operator’s client, when what it asks for is %s (%s), then it is told by redirect',
    async (_reason, error, changes) => {
      const response = await ask(new BrowserSession(service.url), operators.clientId, changes);

      const location = locationOf(response, service);
      expect([location.origin, location.searchParams.get('error')]).toEqual([new URL(phish).origin, error]);
    },
  );

  it('given an ID token of the stranger’s own login, when other browsers are sent to /logout with it, then none goes on', async () => {
    const hint = await idTokenIn(await loggedIn(service));
    const [nobody, somebody] = [new BrowserSession(service.url), await loggedIn(service)];

    const asNobody = await logout(nobody, { id_token_hint: hint });
    const asked = await logout(somebody, { id_token_hint: hint });
    const confirmed = await somebody.postForm('/logout', hiddenFields(await asked.text()));

    for (const { status, headers } of [asNobody, asked, confirmed]) {
      expect([status, headers.get('location')]).toEqual([200, null]);
    }
  });

  it('given an ID token of this browser’s session, when it is sent, then the browser goes back, and not a second time', async () => {
    const browser = await loggedIn(service);
    const hint = await idTokenIn(browser);

    const first = await logout(browser, { id_token_hint: hint });
    const second = await logout(browser, { id_token_hint: hint });

    expect([first.status, first.headers.get('location')]).toEqual([303, signedOut]);
    expect([second.status, second.headers.get('location')]).toEqual([200, null]);
  });

  it('given an operator’s client, when a browser without a session is sent to /logout, then it goes on', async () => {
    const { status, headers } = await logout(new BrowserSession(service.url), { client_id: operators.clientId });

    expect([status, headers.get('location')]).toEqual([303, signedOut]);
  });
});
