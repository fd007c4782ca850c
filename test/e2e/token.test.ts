import { describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { s256 } from '../../src/domain/credentials/pkce';
import { hashSecret, newSecret } from '../../src/domain/credentials/secret';
import { codeFor, type Fields, type IssuedCode, loggedIn, redeem, redemption } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const refusal = (error: string, reason: string, description: string) => ({
  error,
  error_description: description,
  reason,
});

describe.each(storesUnderTest)('/token for a code on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));

  const newCode = (changes?: Fields): Promise<IssuedCode> => codeFor(service, browser, changes);
  const failed = (reason: string) => refusal('invalid_grant', reason, 'PKCE verification failed');
  const required = refusal('invalid_request', 'code_verifier_required', 'Code verifier is required');
  const mismatch = refusal('invalid_grant', 'redirect_uri_mismatch', 'redirect_uri mismatch');
  const used = refusal('invalid_grant', 'code_used', 'Authorization code already used');
  const expired = refusal('invalid_grant', 'code_expired', 'Authorization code expired');
  const unknown = refusal('invalid_grant', 'code_unknown', 'Invalid authorization code');
  const repeated = refusal('invalid_request', 'parameter_repeated', 'A parameter is given more than once');
  const unauthenticated = refusal('invalid_client', 'client_authentication_failed', 'Client authentication failed');

  describe('the right redemption', () => {
    it('given all scopes, when a public client redeems, then it gets every token and no cache keeps them', async () => {
      const code = await newCode({ scope: 'openid profile offline_access' });

      const { status, headers, body } = await redeem(service, code);

      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(body).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 900,
        scope: 'openid profile offline_access',
        id_token: expect.any(String),
        refresh_token: expect.stringMatching(/^[\w-]{22}\.[\w-]{64}$/),
      });
    });

    it('given no scope, when it is redeemed, then it gets an access token alone', async () => {
      const { status, body } = await redeem(service, await newCode({ scope: undefined }));

      expect(status).toBe(200);
      expect(Object.keys(body).toSorted()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
    });

    it('given a code in the store, when it is looked at, then neither the code nor a verifier is there', async () => {
      const { code, verifier } = await newCode();

      const record = await service.app.get(ChallengeStore).find('authorization_code', hashSecret(code));

      expect(record).toBeDefined();
      expect(JSON.stringify(record)).not.toContain(code);
      expect(JSON.stringify(record)).not.toContain(verifier);
    });
  });

  describe('a redemption that fails and leaves the code to its owner', () => {
    const cases: [string, Fields, object][] = [
      ['no verifier', { code_verifier: undefined }, required],
      ['an empty verifier', { code_verifier: '' }, required],
      ['a verifier of 42 characters', { code_verifier: 'v'.repeat(42) }, failed('code_verifier_malformed')],
      ['a verifier with a space', { code_verifier: `${'v'.repeat(43)} ` }, failed('code_verifier_malformed')],
      ['a verifier with a NUL byte', { code_verifier: `${'v'.repeat(43)}\0` }, failed('code_verifier_malformed')],
      ['a wrong verifier of 43 characters', { code_verifier: 'v'.repeat(43) }, failed('code_verifier_mismatch')],
      ['a wrong verifier of 128 characters', { code_verifier: '~'.repeat(128) }, failed('code_verifier_mismatch')],
      ['another redirect URI', { redirect_uri: 'http://127.0.0.1:1/callback' }, mismatch],
      ['no redirect URI', { redirect_uri: undefined }, mismatch],
      ['another client', { client_id: 'demo-partner' }, unknown],
      ['an unknown client', { client_id: 'nobody' }, unauthenticated],
      ['no client', { client_id: undefined }, unauthenticated],
      ['a public client with a secret', { client_secret: 'guess' }, unauthenticated],
      [
        'another grant type',
        { grant_type: 'password' },
        refusal('unsupported_grant_type', 'grant_type_unsupported', 'Unsupported grant_type'),
      ],
      [
        'no grant type',
        { grant_type: undefined },
        refusal('invalid_request', 'grant_type_required', 'grant_type is required'),
      ],
      [
        'a foreign resource',
        { resource: 'https://other.example' },
        refusal('invalid_target', 'resource_unknown', 'resource is not one that was authorized'),
      ],
      // Two mistakes: the one that is checked first is told.
      [
        'another grant type, and an unknown client',
        { grant_type: 'x', client_id: 'nobody' },
        { error: 'unsupported_grant_type' },
      ],
      ['an unknown client, and no code', { client_id: 'nobody', code: undefined }, unauthenticated],
      ['another client, and no verifier', { client_id: 'demo-partner', code_verifier: undefined }, unknown],
      ['another redirect URI, and no verifier', { redirect_uri: 'http://x', code_verifier: undefined }, mismatch],
      [
        'another redirect URI, and a wrong verifier',
        { redirect_uri: 'http://x', code_verifier: 'v'.repeat(43) },
        mismatch,
      ],
    ];

    it.each(cases)(
      'given %s, when a code is redeemed, then it is refused and stays usable',
      async (_case, changes, expected) => {
        const code = await newCode();

        const attempt = await redeem(service, code, changes);
        const owner = await redeem(service, code);

        expect(attempt.status).toBe(expected === unauthenticated ? 401 : 400);
        expect(attempt.headers.get('cache-control')).toBe('no-store');
        expect(attempt.body).toMatchObject(expected);
        expect(owner.status).toBe(200);
      },
    );

    it.each(['v'.repeat(42), 'v'.repeat(129), `${'v'.repeat(42)} `])(
      'given a challenge that is the hash of no verifier (%s), when its code is redeemed with what was hashed, then it is malformed',
      async (verifier) => {
        const code = await newCode({ code_challenge: s256(verifier) });

        const { body } = await redeem(service, code, { code_verifier: verifier });

        expect(body).toEqual(failed('code_verifier_malformed'));
      },
    );

    it.each(['grant_type', 'client_id', 'code', 'redirect_uri', 'code_verifier', 'extension'])(
      'given %s twice, when the code is redeemed, then it is parameter_repeated and stays usable',
      async (name) => {
        const code = await newCode();
        const form = new URLSearchParams({ ...(redemption(code) as Record<string, string>), extension: 'x' });
        form.append(name, form.get(name) ?? '');

        const attempt = await fetch(`${service.url}/token`, { method: 'POST', body: form });
        const owner = await redeem(service, code);

        expect(attempt.status).toBe(400);
        expect(await attempt.json()).toEqual(repeated);
        expect(owner.status).toBe(200);
      },
    );

    it('given another grant type and a repeated parameter, when it is sent, then the repetition is told', async () => {
      const body = new URLSearchParams([
        ['grant_type', 'x'],
        ['scope', 'a'],
        ['scope', 'b'],
      ]);

      const attempt = await fetch(`${service.url}/token`, { method: 'POST', body });

      expect(await attempt.json()).toEqual(repeated);
    });

    it.each([
      ['JSON', 'application/json', (fields: Fields) => JSON.stringify(fields)],
      ['JSON that is broken', 'application/json', () => '{'],
      ['plain text', 'text/plain', (fields: Fields) => String(new URLSearchParams(fields as Record<string, string>))],
      ['multipart', 'multipart/form-data; boundary=x', () => '--x--'],
    ])('given %s, when the code is redeemed, then it is 415 and stays usable', async (_case, type, write) => {
      const code = await newCode();

      const attempt = await fetch(`${service.url}/token`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: write(redemption(code)),
      });
      const owner = await redeem(service, code);

      expect(attempt.status).toBe(415);
      expect(await attempt.json()).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
      expect(owner.status).toBe(200);
    });

    it('given no body and no type, when it is sent, then it is 415', async () => {
      const attempt = await fetch(`${service.url}/token`, { method: 'POST' });

      expect(attempt.status).toBe(415);
    });

    it('given parameters in the query, when the body is empty, then they are not read', async () => {
      const code = await newCode();
      const query = new URLSearchParams(redemption(code) as Record<string, string>);

      const attempt = await fetch(`${service.url}/token?${query}`, { method: 'POST', body: new URLSearchParams() });

      expect(attempt.status).toBe(400);
      expect(await attempt.json()).toMatchObject({ reason: 'grant_type_required' });
    });
  });

  describe('a code that is no code any more', () => {
    it.each([
      ['the right verifier', {}, used],
      ['a wrong verifier', { code_verifier: 'v'.repeat(43) }, used],
      ['a malformed verifier', { code_verifier: 'v' }, used],
      ['no verifier', { code_verifier: undefined }, used],
      ['another redirect URI', { redirect_uri: 'http://x' }, used],
      ['a resource', { resource: 'https://other.example' }, used],
      ['the id of another client', { client_id: 'demo-partner' }, unknown],
    ])(
      'given a spent code, when it is redeemed with %s, then it is code_used, or code_unknown to others',
      async (_case, changes: Fields, expected) => {
        const code = await newCode();
        await redeem(service, code);

        const { status, body } = await redeem(service, code, changes);

        expect(status).toBe(400);
        expect(body).toEqual(expected);
      },
    );

    it.each([60_000, 60_001])(
      'given a code that is not swept, when it is redeemed after %i ms, then it is code_expired',
      async (later) => {
        const answers = await service.clock.standStill(async () => {
          const code = await newCode();
          service.clock.advance(later);
          return [await redeem(service, code), await redeem(service, code, { code_verifier: undefined })];
        });

        expect(answers.map(({ status, body }) => [status, body])).toEqual([
          [400, expired],
          [400, expired],
        ]);
      },
    );

    it('given a spent code, when its lifetime is over too, then it is code_used', async () => {
      const code = await newCode();
      await redeem(service, code);
      service.clock.advance(61_000);

      const { body } = await redeem(service, code, { code_verifier: undefined });

      expect(body).toEqual(used);
    });

    it.each([
      ['an unknown code', { code: newSecret() }, unknown],
      ['no code', { code: undefined }, refusal('invalid_request', 'code_required', 'Authorization code is required')],
      ['an unknown code and no verifier', { code: newSecret(), code_verifier: undefined }, unknown],
      ['no code and no verifier', { code: undefined, code_verifier: undefined }, { reason: 'code_required' }],
    ])('given %s, when it is redeemed, then it is refused', async (_case, changes: Fields, expected: object) => {
      const { status, body } = await redeem(service, await newCode(), changes);

      expect(status).toBe(400);
      expect(body).toMatchObject(expected);
    });
  });
});
