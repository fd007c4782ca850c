import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { AccessRequests } from '../../src/domain/apis/access-requests';
import { DpopProofs } from '../../src/domain/tokens/dpop-proofs';
import { Parameters } from '../../src/platform/http/parameters';
import { StoreUnavailableError } from '../../src/platform/storage/store-unavailable.error';
import { PushedRequests } from '../../src/protocols/login/pushed-requests';
import { PushRequestFlow } from '../../src/protocols/oauth/push-request.flow';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { fixture } from '../support/run/fixture';
import { fieldName } from '../support/service/hostile-values';
import {
  authorizationQuery,
  basic,
  type Fields,
  locationOf,
  loggedIn,
  redeem,
  redirectUri,
  submitPassword,
} from '../support/clients/pkce-login';
import { openingPath, type Pushed, pushRequest } from '../support/clients/pushed-request';
import { registerApi, registerClient } from '../support/clients/registered';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { fewerRuns } from '../support/run/property-runs';

const json = { accept: 'application/json' };

async function refusal(response: Response) {
  const { error, reason } = (await response.json()) as Record<string, unknown>;
  return { status: response.status, error, reason };
}

describe.each(storesUnderTest)('/par on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));

  const open = ({ clientId, requestUri }: Pick<Pushed, 'clientId' | 'requestUri'>, by = browser, more?: Fields) =>
    by.fetch(openingPath(clientId, requestUri, more), { headers: json });
  const answerOf = (response: Response) => Object.fromEntries(locationOf(response, service).searchParams);
  const codesOf = (answers: readonly Response[]) => answers.filter((each) => 'code' in answerOf(each));
  const visitor = () => new BrowserSession(service.url);

  /** Follows the redirect to the login page, and logs in there. */
  async function logIn(by: BrowserSession, response: Response): Promise<Response> {
    const page = await by.fetch(locationOf(response, service).pathname + locationOf(response, service).search);
    return submitPassword(by, await page.text());
  }

  async function follow(by: BrowserSession, response: Response): Promise<Response> {
    const { pathname, search } = locationOf(response, service);
    return by.fetch(pathname + search, { headers: json });
  }

  const unknown = { status: 400, error: 'invalid_request_uri', reason: 'request_uri_unknown' };

  describe('a request that is pushed', () => {
    it('given a complete request, when it is pushed, then it is 201 with a request_uri for 60 s', async () => {
      const { answer } = await pushRequest(service);

      expect(answer.status).toBe(201);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toEqual({
        request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/),
        expires_in: 60,
      });
    });

    it('given a pushed request, when a logged-in browser opens it, then its code gives tokens', async () => {
      const pushed = await pushRequest(service, { scope: 'openid email', nonce: 'of the client' });

      const response = await open(pushed);

      expect(response.status).toBe(303);
      const { code = '', ...others } = answerOf(response);
      expect(others).toEqual({ state: 'state-of-the-browser', iss: service.url });
      const issued = { code, verifier: pushed.verifier, clientId: 'demo-spa', redirectUri, state: '' };
      const { status, body } = await redeem(service, issued);
      expect([status, body['scope']]).toEqual([200, 'openid email']);
    });

    it('given a confidential client, when it pushes with its secret and no client_id, then the request is its own', async () => {
      const pushed = await pushRequest(service, { client_id: undefined }, basic('demo-client', 'demo-secret'));

      const response = await open({ ...pushed, clientId: 'demo-client' });

      expect(pushed.answer.status).toBe(201);
      expect(answerOf(response)).toHaveProperty('code');
    });

    it('given a secret in the form, when a request is pushed, then the store has nothing of it', async () => {
      await pushRequest(service, { client_id: 'demo-client', client_secret: 'demo-secret', extension: 'e'.repeat(99) });

      const records = await service.app.get(StoreInspector).list('challenges', 1_000);

      expect(JSON.stringify(records)).not.toMatch(/demo-secret|client_secret|extension/);
      expect(JSON.stringify(records)).toContain('pushed_request');
    });

    const cases: [string, Fields, number, string, string][] = [
      ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client', 'client_authentication_failed'],
      ['no client', { client_id: undefined }, 401, 'invalid_client', 'client_authentication_failed'],
      ['a confidential client', { client_id: 'demo-client' }, 401, 'invalid_client', 'client_authentication_failed'],
      ['no redirect URI', { redirect_uri: undefined }, 400, 'invalid_request', 'redirect_uri_unregistered'],
      [
        'a foreign redirect URI',
        { redirect_uri: 'https://x.example' },
        400,
        'invalid_request',
        'redirect_uri_unregistered',
      ],
      ['no state', { state: undefined }, 400, 'invalid_request', 'state_required'],
      ['no challenge', { code_challenge: undefined }, 400, 'invalid_request', 'code_challenge_required'],
      ['plain', { code_challenge_method: 'plain' }, 400, 'invalid_request', 'code_challenge_method_unsupported'],
      ['a short challenge', { code_challenge: 'c' }, 400, 'invalid_request', 'code_challenge_malformed'],
      ['no response type', { response_type: undefined }, 400, 'invalid_request', 'response_type_required'],
      ['a token', { response_type: 'token' }, 400, 'unsupported_response_type', 'response_type_unsupported'],
      ['a request object', { request: 'e30.e30.' }, 400, 'request_not_supported', 'request_unsupported'],
      ['a request_uri', { request_uri: 'urn:x' }, 400, 'invalid_request', 'request_uri_unsupported'],
      ['a fragment', { response_mode: 'fragment' }, 400, 'invalid_request', 'response_mode_unsupported'],
      ['an unknown prompt', { prompt: 'sing' }, 400, 'invalid_request', 'prompt_malformed'],
      ['a negative max_age', { max_age: '-1' }, 400, 'invalid_request', 'max_age_malformed'],
      ['a nonce of 513 characters', { nonce: 'n'.repeat(513) }, 400, 'invalid_request', 'nonce_too_long'],
      ['unknown scopes alone', { scope: 'admin' }, 400, 'invalid_scope', 'scope_unknown'],
      ['a foreign resource', { resource: 'https://other.example' }, 400, 'invalid_target', 'resource_unknown'],
      ['a state of 9000 characters', { state: 's'.repeat(9_000) }, 400, 'invalid_request', 'request_too_long'],
    ];

    it.each(cases)(
      'given %s, when it is pushed, then it is refused as at /authorize, as JSON whatever is preferred',
      async (...row) => {
        const [, changes, status, error, reason] = row;

        const { answer } = await pushRequest(service, changes, { accept: 'text/html' });

        expect(answer.status).toBe(status);
        expect(answer.body).toEqual({ error, error_description: expect.any(String), reason });
        expect(answer.headers.get('cache-control')).toBe('no-store');
      },
    );

    it('given a parameter twice, when it is pushed, then it is parameter_repeated', async () => {
      const body = 'client_id=demo-spa&state=1&state=2';
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };

      const response = await fetch(`${service.url}/par`, { method: 'POST', headers, body });

      expect(await response.json()).toMatchObject({ reason: 'parameter_repeated' });
    });

    it('given any values of any parameters, when they are pushed, then it is 201, or refused in the envelope', async () => {
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fieldName, fc.string({ unit: 'binary', maxLength: 600 })), async (any) => {
          const { answer } = await pushRequest(service, any);

          expect([201, 400, 401]).toContain(answer.status);
          if (answer.status !== 201) expect(answer.body).toMatchObject({ error: expect.any(String) });
        }),
        fewerRuns(100),
      );
    });

    it('given APIs that cannot be read, when a request is pushed, then that is said', async () => {
      const { app, config } = service;
      const access = { decide: () => Promise.reject(new StoreUnavailableError('gone')) };
      const blind = new PushRequestFlow(
        config,
        access as unknown as AccessRequests,
        app.get(PushedRequests),
        app.get(DpopProofs),
      );
      const client = await registerClient(service, { redirectUris: [redirectUri] });
      const form = Parameters.parse(authorizationQuery({ client_id: client.clientId }).toString());
      const dpop = { proof: undefined, method: 'POST', path: '/par', offerNonce: () => {} };

      await expect(blind.push(client, form, dpop)).rejects.toThrow(StoreUnavailableError);
    });

    it('given JSON, when it is pushed, then it is 415', async () => {
      const headers = { 'content-type': 'application/json' };

      const asJson = await fetch(`${service.url}/par`, { method: 'POST', headers, body: '{}' });

      expect(asJson.status).toBe(415);
    });
  });

  // fapi2-conformance.test.ts has one that was used, one that is expired, and a client that must push.
  describe('a request that is opened', () => {
    it('given other parameters beside the request_uri, when it is opened, then none of them counts', async () => {
      const pushed = await pushRequest(service);

      const response = await open(pushed, browser, {
        redirect_uri: 'https://evil.example/callback',
        state: 'of an attacker',
        scope: 'admin',
        prompt: 'login',
        response_type: 'token',
      });

      expect(locationOf(response, service).origin).toBe('http://127.0.0.1');
      expect(answerOf(response)).toEqual({
        code: expect.any(String),
        state: 'state-of-the-browser',
        iss: service.url,
      });
    });

    it('given a request_uri that is none, when another site has a browser open it, then the browser keeps what it has', async () => {
      const stranger = visitor();
      const bogus = openingPath('demo-spa', `urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}`);

      const response = await stranger.fetch(bogus, { headers: json });

      expect([response.status, response.headers.getSetCookie()]).toEqual([400, []]);
    });

    it('given a form of another site, when it comes without cookies, then the browser opens it by itself', async () => {
      const { requestUri } = await pushRequest(service);

      const response = await fetch(`${service.url}/authorize`, {
        method: 'POST',
        headers: { 'sec-fetch-site': 'cross-site' },
        body: new URLSearchParams({ client_id: 'demo-spa', request_uri: requestUri }),
        redirect: 'manual',
      });

      expect([response.status, response.headers.getSetCookie()]).toEqual([303, []]);
      expect(answerOf(await follow(browser, response))).toHaveProperty('code');
    });

    it('given a client that is not for codes, when it asks for one, then it is unauthorized_client', async () => {
      const { clientId } = await registerClient(service, { grantTypes: ['client_credentials'] });
      const query = authorizationQuery({ client_id: clientId });

      const { answer } = await pushRequest(service, { client_id: clientId });

      expect(answerOf(await browser.fetch(`/authorize?${query}`))).toMatchObject({ error: 'unauthorized_client' });
      expect(answer).toMatchObject({ status: 400, body: { reason: 'grant_type_unregistered' } });
    });

    it.each([
      ['another client', { client_id: 'demo-partner' }, unknown],
      [
        'an unknown client',
        { client_id: 'nobody' },
        { ...unknown, error: 'invalid_request', reason: 'client_unknown' },
      ],
      ['no client', { client_id: '' }, { ...unknown, error: 'invalid_request', reason: 'client_unknown' }],
      ['a request_uri that never was', { request_uri: `urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}` }, unknown],
      ['a request_uri with nothing in it', { request_uri: 'urn:ietf:params:oauth:request_uri:' }, unknown],
    ])('given %s, when it is opened, then it is refused here, and stays', async (_case, changes, expected) => {
      const pushed = await pushRequest(service);
      const query = new URLSearchParams({ client_id: 'demo-spa', request_uri: pushed.requestUri, ...changes });

      const refused = await refusal(await browser.fetch(`/authorize?${query}`, { headers: json }));

      expect(refused).toEqual(expected);
      expect(answerOf(await open(pushed))).toHaveProperty('code');
    });

    it('given any text in a request_uri, when it is opened, then it is request_uri_unknown', async () => {
      const text = fc.string({ unit: 'binary', maxLength: 300 });

      await fc.assert(
        fc.asyncProperty(text, async (any) => {
          const requestUri = `urn:ietf:params:oauth:request_uri:${any}`;

          expect(await refusal(await open({ clientId: 'demo-spa', requestUri }))).toEqual(unknown);
        }),
        fewerRuns(50),
      );
    });

    it('given a browser that opened it, when another one does, then that is refused, and the first goes on', async () => {
      const [first, other] = [visitor(), browser];
      const pushed = await pushRequest(service);
      const opened = await open(pushed, first);

      const refused = await refusal(await open(pushed, other));
      const reloaded = await open(pushed, first);
      const resumed = await logIn(first, opened);
      const answer = await follow(first, resumed);

      expect(refused).toEqual(unknown);
      expect(locationOf(reloaded, service).pathname).toBe('/login');
      expect(answerOf(answer)).toHaveProperty('code');
    });

    it('given a login page of a pushed request, when it is shown, then its URL holds no other parameter, and the hint is in the form', async () => {
      const by = visitor();
      const pushed = await pushRequest(service, { login_hint: 'user0@hint' });

      const opened = await open(pushed, by, { state: 'beside' });
      const { pathname, search, searchParams } = locationOf(opened, service);

      expect([...searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
      expect(await (await by.fetch(pathname + search)).text()).toContain('value="user0@hint"');
    });

    it('given an hour less a second, when the browser that opened it logs in, then its code is issued; a second later not', async () => {
      const [early, late] = [visitor(), visitor()];
      const [one, two] = [await pushRequest(service), await pushRequest(service)];
      const [openedEarly, openedLate] = [await open(one, early), await open(two, late)];

      service.clock.advance(3_599_000);
      const answer = await follow(early, await logIn(early, openedEarly));
      service.clock.advance(1_000);
      const tooLate = await follow(late, await logIn(late, openedLate));

      expect(answerOf(answer)).toHaveProperty('code');
      expect(await refusal(tooLate)).toEqual({ ...unknown, reason: 'request_uri_expired' });
    });

    it.each([{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '0' }])(
      'given %o, when the end-user has logged in again, then the code is issued, and not before',
      async (asked) => {
        const by = await loggedIn(service);
        service.clock.advance(1_000);
        const pushed = await pushRequest(service, asked);

        const opened = await open(pushed, by);
        const again = await open(pushed, by);
        service.clock.advance(1_000);
        const answer = await follow(by, await logIn(by, opened));

        expect(locationOf(opened, service).pathname).toBe('/login');
        expect(locationOf(again, service).pathname).toBe('/login');
        expect(answerOf(answer)).toHaveProperty('code');
      },
    );

    it('given prompt=none without a session, when it is opened, then login_required goes to the client', async () => {
      const response = await open(await pushRequest(service, { prompt: 'none' }), visitor());

      expect(answerOf(response)).toMatchObject({ error: 'login_required', state: 'state-of-the-browser' });
    });

    it('given a third party, when consent is given, then the code is issued once', async () => {
      const partner = { client_id: 'demo-partner', redirect_uri: 'http://127.0.0.1/partner', prompt: 'consent' };
      const pushed = await pushRequest(service, partner);
      const page = await open(pushed);
      const hidden = hiddenFields(await page.text());

      const allowed = await browser.postForm('/consent', { ...hidden, decision: 'allow' });
      const again = await browser.postForm('/consent', { ...hidden, decision: 'allow' }, json);

      expect(page.status).toBe(200);
      expect(new URLSearchParams(hidden['request']).has('redirect_uri')).toBe(false);
      expect(answerOf(allowed)).toHaveProperty('code');
      expect(await refusal(again)).toEqual(unknown);
    });

    it('given an API, when it is the resource that is pushed, then the token is for it', async () => {
      const { identifier } = await registerApi(service);
      const { clientId } = await registerClient(service);
      const pushed = await pushRequest(service, { client_id: clientId, resource: identifier, scope: 'notes:read' });

      const { code = '' } = answerOf(await open(pushed));
      const { body } = await redeem(service, { code, verifier: pushed.verifier, clientId, redirectUri, state: '' });

      expect(body['scope']).toBe('notes:read');
    });
  });

  describe('races', () => {
    it('given one request_uri, when a browser opens it 200 times at once, then one code is issued', async () => {
      const pushed = await pushRequest(service);

      const answers = await Promise.all(Array.from({ length: 200 }, () => open(pushed)));

      expect(codesOf(answers)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(199);
    });

    it('given one that is open, when its browser asks 200 times at once after the login, then one code is issued', async () => {
      const by = visitor();
      const pushed = await pushRequest(service);
      await logIn(by, await open(pushed, by));

      const answers = await Promise.all(Array.from({ length: 200 }, () => open(pushed, by)));

      expect(codesOf(answers)).toHaveLength(1);
    });

    it('given one request_uri, when 200 browsers open it at once, then one is shown the login, and can go on', async () => {
      const pushed = await pushRequest(service);
      const browsers = Array.from({ length: 200 }, visitor);

      const answers = await Promise.all(browsers.map((each) => open(pushed, each)));

      const winners = answers.flatMap(({ status }, at) => (status === 303 ? [at] : []));
      expect(winners).toHaveLength(1);
      const [winner = 0] = winners;
      const by = browsers[winner] as BrowserSession;
      expect(answerOf(await follow(by, await logIn(by, answers[winner] as Response)))).toHaveProperty('code');
    });
  });
});
