import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { hashSecret } from '../../src/domain/credentials/secret';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { newDpopKey, type ProvenRequest } from '../support/clients/dpop';
import {
  askWith,
  authorizationQuery,
  basic,
  codeFor,
  type Fields,
  locationOf,
  loggedIn,
  redeem,
  redemption,
  refresh,
} from '../support/clients/pkce-login';
import { pushedCodeFor, pushRequest } from '../support/clients/pushed-request';
import { fixture } from '../support/run/fixture';
import { sendRaw } from '../support/service/raw-http';
import { registerClient } from '../support/clients/registered';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { post, signedChallenge } from '../support/clients/wallet';

const refused = (reason: string) => expect.objectContaining({ error: 'invalid_dpop_proof', reason });
const algorithms = 'ES256 EdDSA Ed25519 PS256 RS256';

async function expectRefused(response: Response, error: string, reason: string) {
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe(`DPoP error="${error}", algs="${algorithms}"`);
  expect(await response.json()).toMatchObject({ error, reason });
}

describe.each(storesUnderTest)('DPoP on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));
  const key = fixture(() => newDpopKey(service.clock));
  const otherKey = fixture(() => newDpopKey(service.clock));

  const at = (path: string) => `${service.url}${path}`;
  const tokenProof = async (by = key, claims = {}) => ({ dpop: await by.proof({ url: at('/token') }, claims) });

  /** The tokens of a login with a proof by the key. */
  async function boundTokens(changes: Fields = {}, by = key) {
    const code = await codeFor(service, browser, { scope: 'openid offline_access', ...changes });
    const { status, body } = await redeem(service, code, {}, await tokenProof(by));
    expect([status, body['reason']]).toEqual([200, undefined]);
    return body;
  }

  function ask(accessToken: unknown, proof: string | undefined, path = '/api/me', scheme = 'DPoP') {
    const headers = { authorization: `${scheme} ${String(accessToken)}`, ...(proof !== undefined && { dpop: proof }) };
    return fetch(at(path), { headers });
  }

  const meProof = (accessToken: unknown, by = key, changes: Partial<ProvenRequest> = {}) =>
    by.proof({ method: 'GET', url: at('/api/me'), accessToken, ...changes });

  async function signed(clientId = 'demo-dapp') {
    const { nonce, signature } = await signedChallenge(service, { clientId, scope: 'openid offline_access' });
    return { nonce, signature };
  }

  const parProof = async () => ({ dpop: await key.proof({ url: at('/par') }) });

  const verifyProof = async (by = key, claims = {}) => ({
    dpop: await by.proof({ url: at('/wallet/verify') }, claims),
  });

  const askProven = async (accessToken: unknown, by = key, scheme?: string) =>
    ask(accessToken, await meProof(accessToken, by), '/api/me', scheme);

  const postUserinfo = (accessToken: unknown) =>
    fetch(at('/userinfo'), { method: 'POST', body: new URLSearchParams({ access_token: String(accessToken) }) });

  const proofs = async () => {
    const records = await service.app.get(StoreInspector).list('challenges', 1_000);
    return records.filter((record) => record['kind'] === 'dpop_proof');
  };

  const rotate = (token: unknown, headers?: HeadersInit, changes: Fields = {}) =>
    refresh(service, token, changes, headers);

  it.each(['ES256', 'EdDSA', 'PS256'])(
    'given a proof by %s, when a code is redeemed with it, then the token is bound to its key and opens the resources with it',
    async (alg) => {
      const own = await newDpopKey(service.clock, alg);
      const code = await codeFor(service, browser);

      const { status, body } = await redeem(service, code, {}, await tokenProof(own));

      expect([status, body['token_type']]).toEqual([200, 'DPoP']);
      expect(decodeJwt(String(body['access_token']))['cnf']).toEqual({ jkt: own.jkt });
      const token = body['access_token'];
      const me = await ask(token, await meProof(token, own));
      const url = at('/userinfo');
      const userinfo = await ask(token, await own.proof({ method: 'GET', url, accessToken: token }), '/userinfo');
      expect([me.status, userinfo.status]).toEqual([200, 200]);
    },
  );

  describe('at /token', () => {
    it.each<[string, () => HeadersInit | Promise<HeadersInit>]>([
      ['a text', () => ({ dpop: 'proof' })],
      ['an empty header', () => ({ dpop: '' })],
      ['two proofs', () => ({ dpop: 'a.b.c, d.e.f' })],
      ['4,097 characters', () => ({ dpop: 'a'.repeat(4_097) })],
      ['one for another path', () => tokenProof(key, { htu: at('/userinfo') })],
      ['one for another method', () => tokenProof(key, { htm: 'GET' })],
      ['one of 62 s', () => tokenProof(key, { iat: Math.floor(service.clock.now() / 1000) - 62 })],
    ])('given %s as proof, when a code is redeemed, then that is refused, the code stays', async (_case, shown) => {
      const code = await codeFor(service, browser);

      const attempt = await redeem(service, code, {}, await shown());

      expect([attempt.status, attempt.body]).toEqual([400, refused('dpop_proof_invalid')]);
      expect((await redeem(service, code)).status).toBe(200);
    });

    it('given a foreign name in the header Host, when the proof is for the issuer, then it is valid', async () => {
      const { port } = new URL(service.url);
      const code = await codeFor(service, browser);
      const body = new URLSearchParams(Object.entries(redemption(code)).map(([name, value]) => [name, value ?? '']));
      const headers = { host: `127.0.0.1:${port}`, 'content-type': 'application/x-www-form-urlencoded' };
      const send = (dpop: string) =>
        sendRaw(service, {
          method: 'POST',
          path: '/token?ignored=1',
          headers: { ...headers, dpop },
          body: body.toString(),
        });

      const byHost = await send(await key.proof({ url: `http://127.0.0.1:${port}/token` }));
      const byIssuer = await send(await key.proof({ url: at('/token') }));

      expect([byHost.status, byIssuer.status]).toEqual([400, 200]);
    });

    it('given a jti that was used, when it comes in another proof by the same key and by another, then one of them is valid', async () => {
      const jti = 'the jti of this test';
      await redeem(service, await codeFor(service, browser), {}, await tokenProof(key, { jti }));

      const same = await redeem(service, await codeFor(service, browser), {}, await tokenProof(key, { jti }));
      const other = await redeem(service, await codeFor(service, browser), {}, await tokenProof(otherKey, { jti }));

      expect([same.status, same.body]).toEqual([400, refused('dpop_proof_replayed')]);
      expect(other.status).toBe(200);
    });

    it('given one proof, when 200 redeem codes with it at once, then one gets tokens', async () => {
      const code = await codeFor(service, browser);

      const answers = await service.clock.standStill(async () => {
        const headers = await tokenProof();
        return Promise.all(Array.from({ length: 200 }, () => redeem(service, code, {}, headers)));
      });

      const reasons = answers.map(({ status, body }) => (status === 200 ? 'tokens' : body['reason']));
      expect(reasons.filter((each) => each === 'tokens')).toHaveLength(1);
      expect(reasons.filter((each) => each === 'dpop_proof_replayed')).toHaveLength(199);
    });

    it('given a proof, when it is used, then one record of its hash is left, which the store forgets with its minute', async () => {
      const before = (await proofs()).length;
      const jti = 'a jti that nobody finds';

      await redeem(service, await codeFor(service, browser), {}, await tokenProof(key, { jti }));

      const after = await proofs();
      const record = after.find(({ id }) => id === hashSecret(`dpop ${key.jkt} ${jti}`));
      expect(after).toHaveLength(before + 1);
      expect(JSON.stringify(after)).not.toContain(jti);
      // The database keeps it for 30 s after this.
      expect((record?.expiresAt ?? 0) - service.clock.now()).toBeLessThanOrEqual(36_000);
    });
  });

  describe('a client', () => {
    it('given dpop_bound_access_tokens, when it comes without a proof, then it is refused, and its code stays usable', async () => {
      const { clientId } = await registerClient(service, { dpopBoundAccessTokens: true });
      const code = await codeFor(service, browser, { client_id: clientId, scope: 'openid offline_access' });

      const without = await redeem(service, code);
      const tokens = await redeem(service, code, {}, await tokenProof());
      const unproven = await refresh(service, tokens.body['refresh_token'], { client_id: clientId });

      expect([without.status, without.body]).toEqual([400, refused('dpop_proof_missing')]);
      expect([tokens.status, tokens.body['token_type']]).toEqual([200, 'DPoP']);
      expect(unproven.body).toEqual(refused('dpop_proof_missing'));
    });

    it('given dpop_nonce_required, when it proves without a nonce, with another and with ours, then ours is taken here and by any process', async () => {
      const { clientId } = await registerClient(service, { dpopNonceRequired: true });
      const code = await codeFor(service, browser, { client_id: clientId });

      const without = await redeem(service, code, {}, await tokenProof());
      const nonce = without.headers.get('dpop-nonce');
      const madeUp = await redeem(service, code, {}, await tokenProof(key, { nonce: 'made-up' }));
      const right = await redeem(service, code, {}, await tokenProof(key, { nonce }));

      expect([without.status, without.body['error']]).toEqual([400, 'use_dpop_nonce']);
      expect(without.body).not.toHaveProperty('reason');
      expect(nonce).toMatch(/^[\w-]{22}$/);
      expect(madeUp.body['error']).toBe('use_dpop_nonce');
      expect([right.status, right.headers.get('dpop-nonce')]).toEqual([200, nonce]);
      const token = right.body['access_token'];
      const unasked = await askProven(token);
      expect([unasked.status, unasked.headers.get('www-authenticate')]).toEqual([
        401,
        `DPoP error="use_dpop_nonce", algs="${algorithms}"`,
      ]);
      const again = await ask(token, await meProof(token, key, { nonce: unasked.headers.get('dpop-nonce') }));
      expect(again.status).toBe(200);
    });

    it('given a nonce, when a minute and when three have passed, then it is taken after the one and not after the three', async () => {
      const { clientId } = await registerClient(service, { dpopNonceRequired: true });
      const attempt = async (claims = {}) => {
        const code = await codeFor(service, browser, { client_id: clientId });
        return redeem(service, code, {}, await tokenProof(key, claims));
      };
      const nonce = (await attempt()).headers.get('dpop-nonce');

      service.clock.advance(60_000);
      const inTime = await attempt({ nonce });
      service.clock.advance(120_000);
      const late = await attempt({ nonce });

      expect([inTime.status, late.status, late.body['error']]).toEqual([200, 400, 'use_dpop_nonce']);
    });

    it('given a secret, when it refreshes with another key and with none, then its refresh tokens are its own all the same', async () => {
      const authorization = basic('demo-client', 'demo-secret');
      const tokens = await redeem(
        service,
        await codeFor(service, browser, { client_id: 'demo-client', scope: 'openid offline_access' }),
        { client_id: undefined },
        { ...authorization, ...(await tokenProof()) },
      );

      const proven = { ...authorization, ...(await tokenProof(otherKey)) };
      const byOther = await rotate(tokens.body['refresh_token'], proven, { client_id: undefined });
      const byNone = await rotate(byOther.body['refresh_token'], authorization, { client_id: undefined });

      expect(decodeJwt(String(byOther.body['access_token']))['cnf']).toEqual({ jkt: otherKey.jkt });
      expect([byNone.status, byNone.body['token_type']]).toEqual([200, 'Bearer']);
    });
  });

  describe('a refresh token of a public client', () => {
    it('given one that is bound, when it is used, then it takes a proof by its key, and others end nothing', async () => {
      const tokens = await boundTokens();

      const without = await rotate(tokens['refresh_token']);
      const byOther = await rotate(tokens['refresh_token'], await tokenProof(otherKey));
      const byOwn = await rotate(tokens['refresh_token'], await tokenProof());

      expect([without.status, without.body]).toEqual([400, refused('dpop_proof_missing')]);
      expect([byOther.status, byOther.body]).toEqual([400, refused('dpop_key_mismatch')]);
      expect([byOwn.status, byOwn.body['token_type']]).toEqual([200, 'DPoP']);
      expect((await rotate(byOwn.body['refresh_token'])).body).toEqual(refused('dpop_proof_missing'));
    });

    it('given one that is bound, when its rotation is repeated, then it takes the key too, and gives the same successor', async () => {
      const tokens = await boundTokens();
      const first = await rotate(tokens['refresh_token'], await tokenProof());

      const stolen = await rotate(tokens['refresh_token'], await tokenProof(otherKey));
      const repeated = await rotate(tokens['refresh_token'], await tokenProof());

      expect(stolen.body).toEqual(refused('dpop_key_mismatch'));
      expect(repeated.body['refresh_token']).toBe(first.body['refresh_token']);
    });

    it('given one that was rotated a while ago, when it comes again, with its key or without, then it ends its grant', async () => {
      for (const isProven of [true, false]) {
        const tokens = await boundTokens();
        const next = await rotate(tokens['refresh_token'], await tokenProof());
        service.clock.advance(11_000);

        const reused = await rotate(tokens['refresh_token'], isProven ? await tokenProof() : {});
        const after = await rotate(next.body['refresh_token'], await tokenProof());

        const reasons = [reused, after].map(({ body }) => body['reason']);
        expect(reasons).toEqual(['refresh_token_reused', 'refresh_token_revoked']);
      }
    });

    it('given one of a bearer, when it is used with a proof, then its successors are bound to that key', async () => {
      const code = await codeFor(service, browser, { scope: 'openid offline_access' });
      const { body } = await redeem(service, code);

      const upgraded = await rotate(body['refresh_token'], await tokenProof());
      const unproven = await rotate(upgraded.body['refresh_token']);
      const proven = await rotate(upgraded.body['refresh_token'], await tokenProof());

      expect(upgraded.body['token_type']).toBe('DPoP');
      expect(unproven.body).toEqual(refused('dpop_proof_missing'));
      expect(proven.status).toBe(200);
    });
  });

  describe('dpop_jkt at /authorize', () => {
    it('given a code that is bound to a key, when it is redeemed, then it takes a proof by that key', async () => {
      const code = await codeFor(service, browser, { dpop_jkt: key.jkt });

      const without = await redeem(service, code);
      const byOther = await redeem(service, code, {}, await tokenProof(otherKey));
      const guessed = await redeem(service, code, { code_verifier: 'v'.repeat(43) }, await tokenProof());
      const byOwn = await redeem(service, code, {}, await tokenProof());

      expect([without.status, without.body]).toEqual([400, refused('dpop_proof_missing')]);
      expect([byOther.status, byOther.body]).toEqual([400, refused('dpop_key_mismatch')]);
      expect(guessed.body['reason']).toBe('code_verifier_mismatch');
      expect([byOwn.status, byOwn.body['token_type']]).toEqual([200, 'DPoP']);
    });

    it.each(['short', 'k'.repeat(44), `${'k'.repeat(42)}$`])(
      'given %s, when a login begins with it, then the client is told by redirect',
      async (dpopJkt) => {
        const response = await browser.fetch(`/authorize?${authorizationQuery({ dpop_jkt: dpopJkt })}`);

        const answer = locationOf(response, service).searchParams;
        expect([response.status, answer.get('error')]).toEqual([303, 'invalid_request']);
        expect(answer.get('error_description')).toBe('dpop_jkt is not the SHA-256 thumbprint of a key');
      },
    );
  });

  describe('at /par', () => {
    it.each<[string, () => Promise<[Fields, HeadersInit]>]>([
      ['a proof', async () => [{}, await parProof()]],
      ['dpop_jkt', async () => [{ dpop_jkt: key.jkt }, {}]],
      ['both', async () => [{ dpop_jkt: key.jkt }, await parProof()]],
    ])('given %s, when a request is pushed with it, then its code is for that key', async (_case, sent) => {
      const code = await pushedCodeFor(service, browser, await pushRequest(service, ...(await sent())));

      const byOther = await redeem(service, code, {}, await tokenProof(otherKey));
      const byOwn = await redeem(service, code, {}, await tokenProof());

      expect([byOther.body['reason'], byOwn.status]).toEqual(['dpop_key_mismatch', 200]);
    });

    it.each<[string, () => Promise<[Fields, HeadersInit]>]>([
      ['dpop_key_mismatch', async () => [{ dpop_jkt: otherKey.jkt }, await parProof()]],
      ['dpop_proof_invalid', async () => [{}, await tokenProof()]],
    ])('given what is %s, when it is pushed, then it is refused', async (reason, sent) => {
      const { answer } = await pushRequest(service, ...(await sent()));

      expect([answer.status, answer.body]).toEqual([400, refused(reason)]);
    });

    it('given a proof that was used, when it comes again, then it is refused', async () => {
      const headers = await parProof();

      const [first, again] = [await pushRequest(service, {}, headers), await pushRequest(service, {}, headers)];

      expect([first.answer.status, again.answer.body['reason']]).toEqual([201, 'dpop_proof_replayed']);
    });
  });

  describe('at /wallet/verify', () => {
    it('given a proof, when a signature is verified with it, then the tokens are bound to its key', async () => {
      const { status, body } = await post(service, '/wallet/verify', await signed(), await verifyProof());

      const token = body['access_token'];
      expect([status, body['token_type']]).toEqual([200, 'DPoP']);
      expect((await askProven(token)).status).toBe(200);
      expect((await askWith(service, token)).status).toBe(401);
      const unproven = await refresh(service, body['refresh_token'], { client_id: 'demo-dapp' });
      expect(unproven.body).toEqual(refused('dpop_proof_missing'));
    });

    it.each([
      ['no proof', 'dpop_proof_missing', undefined],
      ['a proof for /token', 'dpop_proof_invalid', '/token'],
    ])('given %s, when one is needed, then that is refused, the challenge stays', async (_case, reason, path) => {
      const walletOrigin = service.url;
      const { clientId } = await registerClient(service, { walletOrigin, dpopBoundAccessTokens: true });
      const answer = await signed(clientId);
      const wrong = path === undefined ? {} : { dpop: await key.proof({ url: at(path) }) };

      const attempt = await post(service, '/wallet/verify', answer, wrong);
      const right = await post(service, '/wallet/verify', answer, await verifyProof());

      expect([attempt.status, attempt.body]).toEqual([400, refused(reason)]);
      expect(right.status).toBe(200);
    });

    it('given one proof, when two challenges are answered with it, then the second is refused', async () => {
      const headers = await verifyProof();

      const first = await post(service, '/wallet/verify', await signed(), headers);
      const second = await post(service, '/wallet/verify', await signed(), headers);

      expect([first.status, second.body['reason']]).toEqual([200, 'dpop_proof_replayed']);
    });

    it('given a signature of somebody else with a proof, when it is verified, then the signature is what is wrong, and the proof is good still', async () => {
      const { nonce } = await signed();
      const { signature } = await signed();
      const headers = await verifyProof();

      const attempt = await post(service, '/wallet/verify', { nonce, signature }, headers);
      const right = await post(service, '/wallet/verify', await signed(), headers);

      expect([attempt.body['reason'], right.status]).toEqual(['signature_mismatch', 200]);
    });

    it('given a client that needs a nonce, when it proves without one, then it is told the nonce', async () => {
      const walletOrigin = service.url;
      const { clientId } = await registerClient(service, { walletOrigin, dpopNonceRequired: true });
      const answer = await signed(clientId);

      const without = await post(service, '/wallet/verify', answer, await verifyProof());
      const nonce = without.headers.get('dpop-nonce');
      const right = await post(service, '/wallet/verify', answer, await verifyProof(key, { nonce }));

      expect([without.status, without.body['error'], right.status]).toEqual([400, 'use_dpop_nonce', 200]);
    });
  });

  describe('at a protected resource', () => {
    let token: unknown;
    const ofAnother = async () => ask(token, await meProof('another token'));

    beforeAll(async () => {
      token = (await boundTokens())['access_token'];
    });

    it.each<[how: string, shown: () => Promise<Response>, error: string, reason: string]>([
      ['as a bearer’s', () => askWith(service, token), 'invalid_token', 'dpop_proof_missing'],
      ['as a bearer’s in a form', () => postUserinfo(token), 'invalid_token', 'dpop_proof_missing'],
      ['as a bearer’s with a proof', () => askProven(token, key, 'Bearer'), 'invalid_token', 'dpop_proof_missing'],
      ['without a proof', () => ask(token, undefined), 'invalid_dpop_proof', 'dpop_proof_missing'],
      ['with a proof by another key', () => askProven(token, otherKey), 'invalid_token', 'dpop_key_mismatch'],
      ['with a proof for another token', ofAnother, 'invalid_dpop_proof', 'dpop_proof_invalid'],
    ])('given a bound token, when it is shown %s, then it is refused', async (_how, shown, error, reason) => {
      await expectRefused(await shown(), error, reason);
    });

    it('given a token for its bearer, when it is shown with a proof, then it is refused', async () => {
      const { body } = await redeem(service, await codeFor(service, browser));

      await expectRefused(await askProven(body['access_token']), 'invalid_token', 'dpop_key_mismatch');
    });

    it('given a proof, when it is shown again, at the same resource or another, then it is refused', async () => {
      const [claims, accessToken] = [{ jti: 'a jti of two resources' }, token];
      const atMe = () => key.proof({ method: 'GET', url: at('/api/me'), accessToken }, claims);
      const atUserinfo = await key.proof({ method: 'GET', url: at('/userinfo'), accessToken }, claims);

      const first = await ask(token, await atMe());
      const again = await ask(token, await atMe());
      const elsewhere = await ask(token, atUserinfo, '/userinfo');

      expect(first.status).toBe(200);
      await expectRefused(again, 'invalid_dpop_proof', 'dpop_proof_replayed');
      await expectRefused(elsewhere, 'invalid_dpop_proof', 'dpop_proof_replayed');
    });

    it('given one proof, when 200 ask with it at once, then one is answered', async () => {
      const answers = await service.clock.standStill(async () => {
        const proof = await meProof(token);
        return Promise.all(Array.from({ length: 200 }, async () => (await ask(token, proof)).status));
      });

      expect(answers.filter((status) => status === 200)).toHaveLength(1);
      expect(answers.filter((status) => status === 401)).toHaveLength(199);
    });

    it('given a token that is none under the scheme DPoP, when it is shown, then the challenge is of that scheme', async () => {
      for (const shown of ['token', 'a.b.c', 'two tokens']) {
        await expectRefused(await ask(shown, undefined), 'invalid_token', 'access_token_invalid');
      }
    });

    it('given a bound token without openid, when /userinfo is asked, then the challenge is of the scheme DPoP', async () => {
      const { access_token: narrow } = await boundTokens({ scope: 'profile' });
      const proof = await key.proof({ method: 'GET', url: at('/userinfo'), accessToken: narrow });

      const response = await ask(narrow, proof, '/userinfo');

      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toBe(
        `DPoP error="insufficient_scope", scope="openid", algs="${algorithms}"`,
      );
    });

    it('given the scheme in any case, when a bound token is shown, then it is read', async () => {
      expect((await askProven(token, key, 'dpop')).status).toBe(200);
    });
  });
});
