import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { numberToHex, parseSignature, serializeSignature } from 'viem';
import { refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { me, newAccount, post, signedChallenge, signIn, verify } from '../support/clients/wallet';

const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const nonce = 'a'.repeat(32);
const signature = `0x${'11'.repeat(64)}1b`;

describe.each(storesUnderTest)('/wallet/verify on %s', (store) => {
  const service = fixture(() => startService(store));

  it('given a signature of the message, when it is verified, then it gives tokens of the account', async () => {
    const account = newAccount();

    const { answer } = await signIn(service, account);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: '',
      address: account.address,
      chainId: 1,
    });
    const mine = await me(service, answer);
    expect(mine.status).toBe(200);
    expect(await mine.json()).toEqual({
      sub: `eip155:1:${account.address}`,
      client_id: 'demo-dapp',
      scope: '',
      amr: ['pop'],
      model: 'wallet',
      address: account.address,
    });
  });

  it('given another chain, when the account signs in, then it is the same subject and the chain is a claim', async () => {
    const account = newAccount();

    const { answer } = await signIn(service, account, { chainId: 8453, scope: 'openid' });

    expect(answer.body['chainId']).toBe(8453);
    for (const token of ['access_token', 'id_token']) {
      const claims = decodeJwt(String(answer.body[token]));
      expect(claims).toMatchObject({ sub: `eip155:1:${account.address}`, chain_id: 8453, amr: ['pop'] });
    }
  });

  it('given offline_access, when the account signs in, then it gets a refresh token that rotates', async () => {
    const { answer } = await signIn(service, newAccount(), { scope: 'openid offline_access' });

    const { status, body } = await refresh(service, answer.body['refresh_token'], { client_id: 'demo-dapp' });

    expect(status).toBe(200);
    expect(answer.body['scope']).toBe('openid offline_access');
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ model: 'wallet', chain_id: 1 });
  });

  it('given the message instead of the nonce, when it is verified, then it gives tokens', async () => {
    const { message, signature: right } = await signedChallenge(service);

    const { status } = await post(service, '/wallet/verify', { message, signature: right });

    expect(status).toBe(200);
  });

  it.each<[reason: string, body: unknown]>([
    ['body_invalid', '{'],
    ['body_invalid', '[]'],
    ['nonce_invalid', { signature }],
    ['nonce_invalid', { nonce: null, signature }],
    ['nonce_invalid', { nonce: { $ne: null }, signature }],
    ['nonce_invalid', { nonce: [nonce], signature }],
    ['nonce_invalid', { nonce: '', signature }],
    ['nonce_invalid', { nonce: 'a\0b', signature }],
    ['nonce_invalid', { nonce: 'a'.repeat(8_000), signature }],
    ['message_invalid', { message: 7, signature }],
    ['message_invalid', { message: { $ne: null }, signature }],
    ['message_invalid', { message: 'no nonce in it', signature }],
    ['message_invalid', { message: 'Nonce: a-b-c-d-e-f', signature }],
    ['signature_invalid', { nonce }],
    ['signature_invalid', { nonce, signature: null }],
    ['signature_invalid', { nonce, signature: { $gt: '' } }],
    ['signature_invalid', { nonce, signature: '' }],
    ['signature_invalid', { nonce, signature: '0x123' }],
    ['signature_invalid', { nonce, signature: 'zz' }],
    ['signature_invalid', { nonce, signature: signature.slice(2) }],
  ])('given a mistake, when it is verified, then it is refused with %s: %j', async (reason, body) => {
    const answer = await post(service, '/wallet/verify', body);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: 'invalid_request', error_description: expect.any(String), reason });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([{ nonce }, { nonce: 'never-issued' }, { message: `x\nNonce: ${nonce}\n` }])(
    'given a nonce that was never issued, when it is verified, then it is unknown: %j',
    async (which) => {
      const answer = await post(service, '/wallet/verify', { ...which, signature });

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual({
        error: 'invalid_grant',
        error_description: 'Unknown challenge',
        reason: 'challenge_unknown',
      });
    },
  );

  it('given a spent challenge, when it is verified again, whatever else is wrong, then it is used', async () => {
    const { signature: right, ...challenge } = await signedChallenge(service);
    await verify(service, challenge, right);
    const expected = {
      error: 'invalid_grant',
      error_description: 'Challenge already used',
      reason: 'challenge_used',
    };

    const answers = await Promise.all([
      verify(service, challenge, right),
      verify(service, challenge, signature),
      verify(service, challenge, '0x'),
      verify(service, challenge, right, { message: 'another' }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(answers.map(({ body }) => body)).toEqual([expected, expected, expected, expected]);
  });

  it('given a statement that looks like a nonce, when its message is verified, then the real nonce is read', async () => {
    const { message, signature: right } = await signedChallenge(service, { statement: 'Nonce: aaaaaaaaaaaaaaaa' });

    const { status } = await post(service, '/wallet/verify', { message, signature: right });

    expect(status).toBe(200);
  });

  it('given an expired challenge that is not swept, when it is verified, then it is expired', async () => {
    const { signature: right, ...challenge } = await signedChallenge(service);
    service.clock.advance(300_000);

    const answers = await Promise.all([
      verify(service, challenge, right),
      verify(service, challenge, '0x', { message: 'another' }),
    ]);

    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).toEqual({
        error: 'invalid_grant',
        error_description: 'Challenge expired',
        reason: 'challenge_expired',
      });
    }
  });

  it('given any byte of the message altered, when it is verified, then it is refused and the owner still signs in', async () => {
    const { signature: right, ...challenge } = await signedChallenge(service);
    const bytes = Array.from(challenge.message);
    const altered = bytes.map((byte, at) => bytes.with(at, byte === 'x' ? 'y' : 'x').join(''));
    const others = [`${challenge.message}\n`, ` ${challenge.message}`, challenge.message.replaceAll('\n', '\r\n'), ''];

    const withNonce = [];
    for (const message of [...altered, ...others]) {
      withNonce.push(await verify(service, challenge, right, { message }));
    }
    const alone = await post(service, '/wallet/verify', { message: altered[0], signature: right });
    const owner = await post(service, '/wallet/verify', { message: challenge.message, signature: right });

    expect(new Set(withNonce.map(({ body }) => body['reason']))).toEqual(new Set(['message_mismatch']));
    expect(alone.status).toBe(400);
    expect(alone.body).toMatchObject({ error: 'invalid_grant', reason: 'message_mismatch' });
    expect(owner.status).toBe(200);
  });

  it('given a malformed signature of another message, when it is verified, then the message is named first', async () => {
    const challenge = await signedChallenge(service);

    const answer = await verify(service, challenge, '0x', { message: 'x' });

    expect(answer.body['reason']).toBe('message_mismatch');
  });

  it('given signatures that are none, when they are verified, then they are malformed and the challenge stays', async () => {
    const { signature: right, ...challenge } = await signedChallenge(service);
    const { r, s, yParity } = parseSignature(right);
    const highS = serializeSignature({ r, s: numberToHex(n - BigInt(s), { size: 32 }), yParity: 1 - yParity });
    // More of them are in src/protocols/wallet/signature.test.ts.
    const malformed = ['0x', right.slice(0, -4), highS, `${right.slice(0, -2)}02`];

    const answers = await Promise.all(malformed.map((each) => verify(service, challenge, each)));
    const owner = await verify(service, challenge, right);

    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: 'invalid_request', reason: 'signature_malformed' });
    }
    expect(owner.status).toBe(200);
  });

  it('given what only code could take, when it is verified, then it is contract_accounts_unsupported and the challenge stays', async () => {
    const { signature: right, ...challenge } = await signedChallenge(service);

    const answers = await Promise.all(
      [`${right}00`, `0x${'6492'.repeat(100)}`].map((each) => verify(service, challenge, each)),
    );
    const owner = await verify(service, challenge, right);

    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: 'invalid_request', reason: 'contract_accounts_unsupported' });
    }
    expect(owner.status).toBe(200);
  });

  it('given the signature of another account, when it is verified, then it is refused and the owner still signs in', async () => {
    const { signature: right, ...challenge } = await signedChallenge(service);
    const byStranger = await newAccount().signMessage({ message: challenge.message });
    const { signature: ofAnotherChallenge } = await signedChallenge(service, {}, challenge.account);

    const refused = [
      await verify(service, challenge, byStranger),
      await verify(service, challenge, ofAnotherChallenge),
    ];
    const owner = await verify(service, challenge, right);

    for (const { status, body } of refused) {
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: 'invalid_grant', reason: 'signature_mismatch' });
    }
    expect(owner.status).toBe(200);
  });

  it('given a signature in upper case, when it is verified, then it gives tokens', async () => {
    const { signature: right, ...challenge } = await signedChallenge(service);

    const { status } = await verify(service, challenge, `0x${right.slice(2).toUpperCase()}`);

    expect(status).toBe(200);
  });

  it('given both nonce and message of different challenges, when they are verified, then the message does not match', async () => {
    const [one, { message, signature: right }] = [await signedChallenge(service), await signedChallenge(service)];

    const answer = await verify(service, one, right, { message });

    expect(answer.body['reason']).toBe('message_mismatch');
  });
});
