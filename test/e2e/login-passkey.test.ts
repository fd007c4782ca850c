import { describe, expect, it } from '@jest/globals';
import { AuditStore } from '../../src/operations/audit/audit-store';
import { AuditTrail } from '../../src/operations/audit/audit-trail';
import { grantIdFor } from '../../src/domain/challenges/grant';
import { UserStore } from '../../src/domain/identity/user-store';
import { PasskeyCreations } from '../../src/protocols/passkey/passkey-creations';
import { SessionStore } from '../../src/protocols/login/session-store';
import { type Misbehaviour } from '../support/clients/authenticator';
import { sessionIdOf } from '../support/clients/browser-session';
import { logIn } from '../support/clients/logged-in-client';
import { openLoginPage } from '../support/clients/login-page';
import { addPasskey, askPasskeyChallenge, newPasskeyOwner, newPerson, passkeyForm } from '../support/clients/passkey';
import { signInByPasskey } from '../support/clients/passkey';
import { askWith } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const request = 'client_id=demo-spa&state=s';
const callers = 200;

/** Sends the form in the browser that it was begun in. */
async function reasonOf({ browser }: Awaited<ReturnType<typeof openLoginPage>>, form: Record<string, string>) {
  const { status, reason, error } = await errorOf(await browser.postForm('/login/passkey', form));
  return { status, error, reason };
}

describe.each(bothStores)('the passkey button of the login page on %s', (store) => {
  const service = fixture(() => startService(store));

  const sessionOf = (id: string) => service.app.get(SessionStore).find(id, service.clock.now());
  const passkeyOf = async ({ id }: { readonly id: string }) =>
    (await service.app.get(UserStore).find(id))?.passkeys?.at(0);

  /** What has been said of a user, the latest first. */
  async function eventsOf(sub: string): Promise<string[]> {
    await service.app.get(AuditTrail).flush();
    const types: string[] = [];
    for await (const events of service.app.get(AuditStore).newest({})) {
      types.push(...events.filter((event) => event.sub === sub).map(({ type }) => type));
    }
    return types;
  }

  it('given a login page, when a challenge is asked for, then it names the relying party and no passkey', async () => {
    const page = await openLoginPage(service.url, request);

    const response = await askPasskeyChallenge(page);

    expect(response.status).toBe(201);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      rpId: 'localhost',
      timeout: 300_000,
      userVerification: 'required',
      allowCredentials: [],
    });
  });

  it.each(['ES256', 'EdDSA', 'RS256'] as const)(
    'given a passkey of %s, when it signs, then a session of its user begins and the request goes on',
    async (algorithm) => {
      const { user, authenticator } = await newPasskeyOwner(service, { algorithm });

      const { browser, answer } = await signInByPasskey(service, authenticator, `${request}&prompt=login`);

      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toBe(`/authorize?${request}`);
      expect((await sessionOf(sessionIdOf(browser)))?.authentication).toEqual({
        sub: user.id,
        amr: ['pop', 'mfa'],
        authTime: expect.any(Number),
        acr: 'phr',
      });
    },
  );

  it('given a passkey, when it is used, then its counter, its use and whether it is synced are stored', async () => {
    const { user, authenticator } = await newPasskeyOwner(service, { counts: true });
    const page = await openLoginPage(service.url);
    service.clock.advance(60_000);

    await page.browser.postForm('/login/passkey', await passkeyForm(page, authenticator, { backedUp: false }));

    expect(await passkeyOf(user)).toMatchObject({ counter: 1, synced: false, lastUsedAt: expect.any(Number) });
  });

  it('given no csrf field, when a challenge is asked for or sent, then it is refused', async () => {
    const { authenticator } = await newPasskeyOwner(service);
    const page = await openLoginPage(service.url, request);
    const form = { ...(await passkeyForm(page, authenticator)), csrf: '' };

    const asked = await askPasskeyChallenge({ browser: page.browser, hidden: {} });

    expect(await errorOf(asked)).toMatchObject({ status: 403, reason: 'csrf_invalid' });
    expect(await reasonOf(page, form)).toMatchObject({ status: 403, reason: 'csrf_invalid' });
  });

  describe('the checks, in their order', () => {
    it('given a field twice, when the form is sent, then it is parameter_repeated', async () => {
      const page = await openLoginPage(service.url, request);
      const body = `${new URLSearchParams(page.hidden)}&credential=a&credential=b`;

      const response = await page.browser.fetch('/login/passkey', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });

      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'parameter_repeated' });
    });

    it('given a request that is too long, when the form is sent, then it is request_too_long', async () => {
      const page = await openLoginPage(service.url, request);
      const form = { ...page.hidden, request: `state=${'s'.repeat(20_000)}`, credential: 'none' };

      expect(await reasonOf(page, form)).toMatchObject({ status: 400, reason: 'request_too_long' });
    });

    it.each(['', 'passkey', '{}', `"${'x'.repeat(16_384)}"`])(
      'given a credential that is none (%.10s), when it is sent, then it is credential_malformed',
      async (credential) => {
        const page = await openLoginPage(service.url, request);

        expect(await reasonOf(page, { ...page.hidden, credential })).toEqual({
          status: 400,
          error: 'invalid_request',
          reason: 'credential_malformed',
        });
      },
    );

    /** Each is wrong by itself, and in all that is checked after it. */
    const wrong = { origin: 'https://evil.example', rpId: 'evil.example', flags: 0, wrongKey: true, counter: 0 };
    const { origin: _origin, ...atHome } = wrong;
    const { rpId: _rpId, ...ofUs } = atHome;

    it.each<[reason: string, says: Misbehaviour]>([
      ['challenge_unknown', { ...wrong, challenge: 'A'.repeat(43) }],
      ['challenge_unknown', { challenge: '' }],
      ['challenge_unknown', { challenge: '\u0000'.repeat(1_000) }],
      ['origin_mismatch', wrong],
      ['origin_mismatch', { crossOrigin: true }],
      ['rp_id_mismatch', atHome],
      ['user_not_present', ofUs],
      ['user_not_verified', { ...ofUs, flags: 1 }],
      ['passkey_unknown', { ...ofUs, flags: 5, userHandle: 'AAAA' }],
      ['signature_mismatch', { ...ofUs, flags: 5 }],
      ['counter_regressed', { counter: 5 }],
    ])('given what is %s, when it is sent, then it is told so, and no session begins', async (reason, says) => {
      const { authenticator, user } = await newPasskeyOwner(service);
      await service.app.get(UserStore).change(user.id, (stored) => ({
        ...stored,
        passkeys: stored.passkeys?.map((passkey) => ({ ...passkey, counter: 5 })) ?? [],
      }));
      const page = await openLoginPage(service.url, request);

      const refused = await reasonOf(page, await passkeyForm(page, authenticator, says));

      expect(refused).toEqual({ status: 400, error: 'invalid_grant', reason });
      expect(page.browser.cookie('tessera_session')).toBeUndefined();
    });

    it('given the challenge of another browser, when it is answered, then it is challenge_unknown', async () => {
      const { authenticator } = await newPasskeyOwner(service);
      const [one, other] = [await openLoginPage(service.url, request), await openLoginPage(service.url, request)];
      const { credential } = await passkeyForm(one, authenticator);

      expect(await reasonOf(other, { ...other.hidden, credential })).toMatchObject({ reason: 'challenge_unknown' });
    });

    it('given the challenge of another client’s request, when it is answered, then it is challenge_unknown', async () => {
      const { authenticator } = await newPasskeyOwner(service);
      const page = await openLoginPage(service.url, request);
      const { credential } = await passkeyForm(page, authenticator);
      const other = await openLoginPage(service.url, 'client_id=demo-client&state=s', page.browser);

      expect(await reasonOf(other, { ...other.hidden, credential })).toMatchObject({ reason: 'challenge_unknown' });
    });

    it('given the challenge of a registration, when it is answered, then it is challenge_unknown', async () => {
      const { authenticator, user } = await newPasskeyOwner(service);
      const page = await openLoginPage(service.url, request);
      const { challenge } = await service.app.get(PasskeyCreations).begin({
        browser: 'any',
        owner: `user ${user.id}`,
        user: { name: 'anna', displayName: 'Anna', handle: 'AAAA' },
        existing: [],
      });

      const form = await passkeyForm(page, authenticator, { challenge });

      expect(await reasonOf(page, form)).toMatchObject({ reason: 'challenge_unknown' });
    });

    it('given a clock that is set back by an hour, when a challenge of before is answered, then a session begins, and it is replayed in vain', async () => {
      const { authenticator } = await newPasskeyOwner(service);
      const page = await openLoginPage(service.url, request);
      const form = await passkeyForm(page, authenticator);
      service.clock.advance(-3_600_000);

      const answer = await page.browser.postForm('/login/passkey', form);
      const replay = await reasonOf(page, form);
      service.clock.advance(3_600_000);

      expect([answer.status, replay.reason]).toEqual([303, 'challenge_used']);
    });

    it('given a challenge of 300 s ago, when it is answered, then it is challenge_expired', async () => {
      const { authenticator } = await newPasskeyOwner(service);
      const page = await openLoginPage(service.url, request);
      const form = await passkeyForm(page, authenticator, { origin: 'https://evil.example' });
      service.clock.advance(300_000);

      expect(await reasonOf(page, form)).toMatchObject({ reason: 'challenge_expired' });
    });

    it.each<[what: string, fields: object]>([
      ['disabled', { disabled: true }],
      ['who must verify an address first', { unverifiedUntil: Number.MAX_SAFE_INTEGER }],
      ['whose passkey was removed', { passkeys: [] }],
      ['with another handle', { userHandle: 'AAAA' }],
    ])('given a user %s, when the passkey signs, then it is passkey_unknown', async (_what, fields) => {
      const { authenticator, user } = await newPasskeyOwner(service);
      await service.app.get(UserStore).change(user.id, (stored) => ({ ...stored, ...fields }));
      const page = await openLoginPage(service.url, request);

      expect(await reasonOf(page, await passkeyForm(page, authenticator))).toMatchObject({ reason: 'passkey_unknown' });
    });

    it('given a passkey that two users have, when it signs, then it is passkey_unknown', async () => {
      const { authenticator, passkey, user } = await newPasskeyOwner(service);
      await newPerson(service, { passkeys: [passkey], ...(user.userHandle && { userHandle: user.userHandle }) });
      const page = await openLoginPage(service.url, request);

      expect(await reasonOf(page, await passkeyForm(page, authenticator))).toMatchObject({ reason: 'passkey_unknown' });
    });

    it('given a refused assertion, when a right one answers the same challenge, then it is taken', async () => {
      const { authenticator } = await newPasskeyOwner(service);
      const page = await openLoginPage(service.url, request);
      const form = await passkeyForm(page, authenticator);
      const { challenge } = JSON.parse(
        Buffer.from(JSON.parse(form.credential).response.clientDataJSON, 'base64url').toString(),
      );
      const forged = authenticator.get({ challenge, rpId: 'localhost' }, { wrongKey: true });

      const refused = await reasonOf(page, { ...form, credential: JSON.stringify(forged) });
      const taken = await page.browser.postForm('/login/passkey', form);

      expect(refused).toMatchObject({ reason: 'signature_mismatch' });
      expect(taken.status).toBe(303);
    });
  });

  describe('a challenge is redeemed once', () => {
    it('given one assertion of a passkey that counts, when 200 send it at once, then one session begins, and it is no copy', async () => {
      const { authenticator, user } = await newPasskeyOwner(service, { counts: true });
      const page = await openLoginPage(service.url, request);
      const form = await passkeyForm(page, authenticator);

      const answers = await service.clock.standStill(() =>
        Promise.all(
          Array.from({ length: callers }, async () => {
            const response = await page.browser.postForm('/login/passkey', form);
            return response.status === 303 ? 'session' : (await errorOf(response)).reason;
          }),
        ),
      );

      expect(answers.filter((answer) => answer === 'session')).toHaveLength(1);
      expect(new Set(answers)).toEqual(new Set(['session', 'challenge_used']));
      expect(await passkeyOf(user)).not.toHaveProperty('suspected');
    });

    it('given an assertion that was used, when it comes again within two seconds, then its session stays', async () => {
      const { authenticator, user } = await newPasskeyOwner(service, { counts: true });
      const { browser, form, ...page } = await signInByPasskey(service, authenticator, request);
      const id = sessionIdOf(browser);
      service.clock.advance(1_000);

      expect(await reasonOf({ ...page, browser }, form)).toMatchObject({ reason: 'challenge_used' });
      expect(await sessionOf(id)).toBeDefined();
      expect(await passkeyOf(user)).not.toHaveProperty('suspected');
    });

    it('given an assertion that was used more than 2 s ago, when it comes again from anywhere, then its session ends with all that it gave', async () => {
      const { authenticator, user } = await newPasskeyOwner(service, { counts: true });
      const { browser, form } = await signInByPasskey(service, authenticator, request);
      const id = sessionIdOf(browser);
      const { tokens } = await logIn(service, browser, { scope: 'openid offline_access' });
      const thief = await openLoginPage(service.url, request);
      service.clock.advance(3_000);

      const replay = await reasonOf(thief, { ...thief.hidden, credential: form.credential });

      expect(replay).toMatchObject({ status: 400, reason: 'challenge_used' });
      expect(await sessionOf(id)).toBeUndefined();
      expect((await askWith(service, tokens)).status).toBe(401);
      expect(await passkeyOf(user)).not.toHaveProperty('suspected');
      expect(await eventsOf(user.id)).not.toContain('passkey_suspected');
    });

    it('given a challenge that was used, when another assertion answers it later, then its session stays', async () => {
      const { authenticator } = await newPasskeyOwner(service);
      const { browser, form, ...page } = await signInByPasskey(service, authenticator, request);
      const id = sessionIdOf(browser);
      const { challenge } = JSON.parse(
        Buffer.from(JSON.parse(form.credential).response.clientDataJSON, 'base64url').toString(),
      );
      const other = authenticator.get({ challenge, rpId: 'localhost' }, { wrongKey: true });
      service.clock.advance(3_000);

      const refused = await reasonOf({ ...page, browser }, { ...form, credential: JSON.stringify(other) });

      expect(id).toBe(grantIdFor('passkey_login', challenge));
      expect(refused).toMatchObject({ reason: 'challenge_used' });
      expect(await sessionOf(id)).toBeDefined();
    });
  });

  describe('a counter that goes back', () => {
    it('given a copy of a passkey that counts, when it is used after the original, then it is told once as an event, and both are refused', async () => {
      const { authenticator, user } = await newPasskeyOwner(service, { counts: true });
      const copy = authenticator.clone();
      await signInByPasskey(service, authenticator);

      const answers = [
        await signInByPasskey(service, copy),
        await signInByPasskey(service, copy),
        await signInByPasskey(service, authenticator),
      ];

      const reasons = await Promise.all(answers.map(async ({ answer }) => (await errorOf(answer)).reason));
      expect(reasons).toEqual(['counter_regressed', 'counter_regressed', 'counter_regressed']);
      expect((await eventsOf(user.id)).filter((type) => type === 'passkey_suspected')).toHaveLength(1);
      expect(await passkeyOf(user)).toMatchObject({ suspected: true, counter: 1 });
    });

    it('given a passkey whose owner trusts it again, when it is used, then its counter is taken whatever it is, and counts from there', async () => {
      const { authenticator, user } = await newPasskeyOwner(service, { counts: true });
      await service.app.get(UserStore).change(user.id, (stored) => ({
        ...stored,
        passkeys: stored.passkeys?.map((passkey) => ({ ...passkey, counter: 50, trusted: true })) ?? [],
      }));

      const first = await signInByPasskey(service, authenticator);
      const stored = await passkeyOf(user);
      const copy = authenticator.clone();
      const second = await signInByPasskey(service, authenticator);
      const copied = await signInByPasskey(service, copy);

      expect([first.answer.status, second.answer.status, copied.answer.status]).toEqual([303, 303, 400]);
      expect(stored).toMatchObject({ counter: 1 });
      expect(stored).not.toHaveProperty('trusted');
    });

    it('given passkeys that do not count, when they are used again and again, then nothing is suspected', async () => {
      const { authenticator } = await newPasskeyOwner(service);

      const answers = [await signInByPasskey(service, authenticator), await signInByPasskey(service, authenticator)];

      expect(answers.map(({ answer }) => answer.status)).toEqual([303, 303]);
    });

    it('given another passkey of the same user, when the first is suspected, then the other signs in', async () => {
      const { authenticator, user } = await newPasskeyOwner(service, { counts: true });
      const copy = authenticator.clone();
      await signInByPasskey(service, authenticator);
      await signInByPasskey(service, copy);
      await addPasskey(service, { ...user }, authenticator);

      expect((await signInByPasskey(service, authenticator)).answer.status).toBe(303);
    });
  });
});

describe('the login page of an issuer that is an IP address', () => {
  const service = fixture(() => startService('lmdb', { ISSUER: 'http://127.0.0.1:3000' }));

  it('given that passkeys need a host, when their endpoints are asked, then there is nothing', async () => {
    const page = await openLoginPage(service.url);

    const answers = [
      await askPasskeyChallenge(page),
      await askPasskeyChallenge({ ...page, hidden: {} }),
      await page.browser.postForm('/login/passkey', { ...page.hidden, credential: '{}' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
  });
});

describe('the limits of the passkey button', () => {
  const service = fixture(() => startService('lmdb', { RATE_LIMIT: 'on' }));

  it('given ten answers to one challenge, when another is sent, then it is too many, and another challenge may be answered', async () => {
    const { authenticator } = await newPasskeyOwner(service);
    const page = await openLoginPage(service.url, request);
    const form = await passkeyForm(page, authenticator, { userVerified: false });
    const send = async (sent: Record<string, string>) => (await page.browser.postForm('/login/passkey', sent)).status;

    const statuses = await service.clock.standStill(async () => {
      const answers: number[] = [];
      for (let answer = 0; answer < 11; answer += 1) answers.push(await send(form));
      return [...answers, await send(await passkeyForm(page, authenticator))];
    });

    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 400), 429, 303]);
  });
});
