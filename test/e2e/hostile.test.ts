import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { newSecret } from '../../src/domain/credentials/secret';
import { ClientStore } from '../../src/domain/clients/client-store';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { hiddenFields } from '../support/clients/browser-session';
import { askWalletChallenge, openLoginPage } from '../support/clients/login-page';
import { fixture } from '../support/run/fixture';
import { expectEnvelope } from '../support/service/envelope';
import { asForm, contentType, fieldName, hostileValue } from '../support/service/hostile-values';
import {
  authorizationQuery,
  codeFor,
  type IssuedCode,
  loggedIn,
  redeem,
  redemption,
  refresh,
} from '../support/clients/pkce-login';
import { type RawAnswer, type RawRequest, sendRaw } from '../support/service/raw-http';
import { routesOf } from '../support/service/routes';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { fewerRuns } from '../support/run/property-runs';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/json' };

describe.each(storesUnderTest)('hostile requests on %s', (store) => {
  const service = fixture(() => startService(store, { AUTHORIZATION_CODE_TTL: '600' }));
  const browser = fixture(() => loggedIn(service));
  // What is right there begins a run, which changes the store.
  const routes = fixture(() => routesOf(service).filter(({ path }) => path !== '/compare/runs'));
  let cookie: string;
  let csrf: string;
  let planted: { code: IssuedCode; refreshToken: unknown; before: unknown };

  beforeAll(async () => {
    csrf = hiddenFields(await (await browser.fetch('/login')).text())['csrf'] ?? '';
    cookie = ['tessera_session', 'tessera_form'].map((name) => `${name}=${browser.cookie(name)}`).join('; ');
    const { body } = await redeem(service, await codeFor(service, browser, { scope: 'offline_access' }));
    const code = await codeFor(service, browser);
    planted = { code, refreshToken: body['refresh_token'], before: await stored() };
  });

  /** What no refused request may change. */
  async function stored() {
    const inspector = service.app.get(StoreInspector);
    const [grants, sessions] = await Promise.all([inspector.list('grants', 100), inspector.list('sessions', 100)]);
    return { grants, sessions, clients: await service.app.get(ClientStore).list() };
  }

  const everyRoute = fc.nat().chain((index) => {
    const { path, methods } = routes[index % routes.length] ?? { path: '/', methods: ['GET'] };
    // An answer to HEAD has no body to look at.
    return fc.record({
      path: fc.constant(path),
      method: fc.constantFrom(...methods.filter((each) => each !== 'HEAD')),
    });
  });

  async function expectRefused(request: RawRequest): Promise<void> {
    // There a right form token is all that it takes to be logged out.
    const shown = request.path.startsWith('/logout') ? cookie.replace(/^tessera_session=[^;]*; /, '') : cookie;
    expectEnvelope(await sendRaw(service, { ...request, headers: { cookie: shown, ...request.headers } }));
  }

  const visitor = fixture(() => openLoginPage(service.url));

  const openWithQuery = async (query: Record<string, string>) =>
    (await openLoginPage(service.url, new URLSearchParams(query).toString())).response;
  const submit = (path: string, ...fields: readonly Record<string, string>[]) =>
    visitor.browser.postForm(path, Object.assign({}, ...fields));
  const askForMessage = ([others, address]: [object, unknown]) =>
    askWalletChallenge(visitor, { ...others, ...visitor.hidden, address });
  async function openWithCookies(value: string): Promise<Response> {
    const headers = { cookie: `tessera_form=${value}; tessera_session=${value}` };
    const response = await fetch(`${service.url}/login`, { headers });
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^tessera_form=[\w-]{43};/)]);
    return response;
  }

  afterEach(async () => {
    expect(await stored()).toEqual(planted.before);
  });

  it('given the running service, when its routes are listed, then the fuzzed ones are among them', () => {
    const paths = routes.map(({ path }) => path);

    const known = [
      '/authorize',
      '/token',
      '/userinfo',
      '/api/me',
      '/login',
      '/login/wallet/challenge',
      '/wallet/verify',
    ];
    expect(paths).toEqual(expect.arrayContaining(known));
  });

  it('given random bytes of a random type, when they are sent to any route, then it is the envelope', async () => {
    const request = fc.record({ route: everyRoute, type: contentType, body: fc.uint8Array({ maxLength: 400 }) });

    await fc.assert(
      fc.asyncProperty(request, ({ route, type, body }) =>
        expectRefused({ ...route, headers: { 'content-type': type }, body }),
      ),
    );
  });

  it('given hostile fields as JSON or as a form, when they are sent to any route, then it is the envelope', async () => {
    const fields = fc.dictionary(fieldName, hostileValue, { maxKeys: 6 });
    const request = fc.record({ route: everyRoute, fields, asJson: fc.boolean() });

    await fc.assert(
      fc.asyncProperty(request, ({ route, fields: sent, asJson }) =>
        expectRefused({
          ...route,
          headers: asJson ? json : form,
          body: asJson ? JSON.stringify(sent) : asForm({ ...sent, csrf }),
        }),
      ),
    );
  });

  it('given a hostile query, when it is sent to any route, then it is the envelope', async () => {
    const query = fc.oneof(
      fc.dictionary(fieldName, hostileValue, { maxKeys: 4 }).map((fields) => asForm(fields).slice(0, 6_000)),
      fc.stringMatching(/^[!-"$-~]{0,200}$/),
    );

    await fc.assert(
      fc.asyncProperty(everyRoute, query, ({ path, method }, text) =>
        expectRefused({ method, path: `${path}?${text}` }),
      ),
    );
  });

  it('given percent-garbage in the path, when it is asked, then it is the envelope', async () => {
    const garbage = fc.array(
      fc.constantFrom('%', '%2', '%zz', '%00', '%ff', '%2e%2e', '/', '..', ';', ':', '%C0%AF', 'a', '*', '%25'),
      { maxLength: 12 },
    );

    await fc.assert(
      fc.asyncProperty(everyRoute, garbage, ({ path, method }, parts) =>
        expectRefused({ method, path: path + parts.join('') }),
      ),
    );
  });

  it('given hostile headers, when they are sent to any route, then it is the envelope', async () => {
    const value = fc.oneof(
      fc.stringMatching(/^[ -~]{0,200}$/),
      fc.constantFrom('Bearer ', 'Basic Og==', 'Basic AAAA', 'Bearer e30.e30.', '\xff\xfe'),
    );
    const names = 'authorization accept cookie origin dpop x-forwarded-for if-none-match range host accept-encoding';
    const name = fc.constantFrom(...names.split(' '));

    await fc.assert(
      fc.asyncProperty(everyRoute, fc.dictionary(name, value, { maxKeys: 4 }), (route, headers) =>
        expectRefused({ ...route, headers }),
      ),
    );
  });

  it('given hostile fields, when they ask a production server for a run, then it is the envelope and never a run', async () => {
    const production = await startService(store, { NODE_ENV: 'production', COMPARISON: 'on' });
    const fields = fc.dictionary(fieldName, hostileValue, { maxKeys: 4 }).map((each) => JSON.stringify(each));
    const bytes = fc.uint8Array({ maxLength: 400 });

    await fc.assert(
      fc.asyncProperty(fc.oneof(fields, bytes), contentType, async (body, type) => {
        const headers = { 'content-type': type };
        const answer = await sendRaw(production, { method: 'POST', path: '/compare/runs', headers, body });
        expectEnvelope(answer);
        expect(answer.status).toBeGreaterThanOrEqual(400);
      }),
      fewerRuns(100),
    );
    await production.stop();
  });

  describe('one field after the other', () => {
    const values = fc.sample(hostileValue, { ...fewerRuns(60), seed: storesUnderTest.indexOf(store) });

    /** The answers to a form that is right but for this field, which is hostile; each is the envelope. */
    async function answersTo(
      path: string,
      right: object,
      name: string,
      headers: Readonly<Record<string, string>> = {},
    ) {
      const answers = [];
      for (const value of values) {
        const body = asForm({ ...right, [name]: value });
        answers.push(await sendRaw(service, { method: 'POST', path, headers: { ...headers, ...form }, body }));
      }
      answers.forEach(expectEnvelope);
      return answers;
    }

    it.each([
      'grant_type',
      'client_id',
      'code',
      'redirect_uri',
      'code_verifier',
      'resource',
      'client_secret',
      'client_assertion',
    ])('given a redemption but for %s, when it is hostile, then it is the envelope and never tokens', async (name) => {
      // Another client's id and no verifier, so that what is ignored redeems nothing either.
      const right = { ...redemption(planted.code), code_verifier: newSecret() };

      areRefused(await answersTo('/token', right, name));
    });

    it('given a rotation, when the refresh token is hostile, then it is the envelope and never tokens', async () => {
      const right = { grant_type: 'refresh_token', client_id: 'demo-spa' };

      areRefused(await answersTo('/token', right, 'refresh_token'));
    });

    it.each([
      'client_id',
      'redirect_uri',
      'state',
      'code_challenge',
      'code_challenge_method',
      'scope',
      'nonce',
      'prompt',
      'max_age',
      'resource',
      'request',
    ])(
      'given an authorization request but for %s, when it is hostile, then it is the envelope or a redirect to the client or the login',
      async (name) => {
        const right = Object.fromEntries(authorizationQuery());

        const answers = await answersTo('/authorize', right, name, { cookie });

        for (const { headers } of answers.filter(({ status }) => status === 303))
          expect(headers['location']).toMatch(/^(?:http:\/\/127\.0\.0\.1\/callback\?|\/login\?)/);
      },
    );

    it.each(['request', 'csrf', 'asked', 'decision'])(
      'given a consent but for %s, when it is hostile, then it is the envelope',
      async (name) => {
        const partner = { client_id: 'demo-partner', redirect_uri: 'http://127.0.0.1/partner' };
        const page = await browser.fetch(`/authorize?${authorizationQuery(partner)}`);

        await answersTo('/consent', { ...hiddenFields(await page.text()), decision: 'deny' }, name, { cookie });
      },
    );
  });

  describe('at the login page', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom(
        '\0',
        '{"$ne":null}',
        '__proto__',
        'client_id=\0',
        `client_id=${'c'.repeat(3_000)}`,
        '\u{10FFFF}',
      ),
    );

    it('given any query, when the page is opened, then it is shown', async () => {
      await expectEach(fc.dictionary(text, text, { maxKeys: 4 }), openWithQuery, 200, 400);
    });

    it('given any fields beside a right csrf, when they are sent, then it is a login that failed or a bad request', async () => {
      const known = fc.record({ username: text, password: text, request: text });
      const fields = fc.tuple(fc.dictionary(text, text, { maxKeys: 3 }), known);

      await expectEach(fields, ([others, named]) => submit('/login', others, visitor.hidden, named), 400, 401);
    });

    it('given any csrf, when it is sent, then it is refused', async () => {
      const right = { username: 'user0', password: 'password0' };

      await expectEach(text, (each) => submit('/login', right, { csrf: each }), 403);
    });

    it('given any JSON beside a right csrf, when a wallet challenge is asked for, then it is a bad request', async () => {
      const members = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue());
      await expectEach(members, askForMessage, 400, 413);
    });

    it('given any answer beside a right csrf, when it is sent, then it is a bad request', async () => {
      const fields = fc.record({ nonce: text, signature: text, request: text });

      await expectEach(fields, (answer) => submit('/login/wallet', visitor.hidden, answer), 400);
    });

    it('given any credential beside a right csrf, when it is sent, then it is a bad request', async () => {
      const written = fc.jsonValue().map((value) => JSON.stringify(value));
      const fields = fc.record({ credential: fc.oneof(text, written), request: text });

      await expectEach(fields, (answer) => submit('/login/passkey', visitor.hidden, answer), 400);
    });

    it('given any link or identifier beside a right csrf, when it is sent, then no link is known, and nobody is named', async () => {
      const page = { csrf: visitor.hidden['csrf'] ?? '' };
      const fields = fc.record({ secret: text, new_password: text, credential: text, name: text, remove_others: text });

      await expectEach(fields, (answer) => submit('/link', page, answer), 400);
      await expectEach(text, (identifier) => submit('/recover', { ...page, identifier }), 200);
    });

    it('given cookies that are not ours, when the page is opened, then it is shown and they are replaced', async () => {
      const cookies = fc.stringMatching(/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]{0,200}$/);
      await expectEach(cookies, openWithCookies, 200);
    });
  });

  it('given all of this, when it is over, then the log holds no line of a fault of ours', () => {
    const faults = service.log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);

    expect(faults).toEqual([]);
  });

  it('given all of this, when the owners come, then their code and their refresh token still work', async () => {
    const rotated = await refresh(service, planted.refreshToken);
    const redeemed = await redeem(service, planted.code);
    planted = { ...planted, before: await stored() };

    expect([rotated.status, redeemed.status]).toEqual([200, 200]);
  });
});

/** Fails unless each is an error response. */
function areRefused(answers: readonly RawAnswer[]): void {
  expect(answers.filter(({ status }) => status < 400)).toEqual([]);
}

/** Fails unless the answer to each of these has one of the statuses. */
async function expectEach<Sent>(
  sent: fc.Arbitrary<Sent>,
  send: (one: Sent) => Promise<Response>,
  ...statuses: readonly number[]
): Promise<void> {
  const hasOne = async (one: Sent) => expect(statuses).toContain((await send(one)).status);
  await fc.assert(fc.asyncProperty(sent, hasOne), fewerRuns(60));
}
