import { describe, expect, it } from '@jest/globals';
import { concat, type Hex, numberToHex, parseSignature, serializeSignature } from 'viem';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, post } from '../support/clients/wallet';

const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const nonce = 'a'.repeat(32);
const signature = `0x${'11'.repeat(64)}1b`;

describe.each(storesUnderTest)('/wallet/verify on %s', (store) => {
  const service = fixture(() => startService(store));

  /** A challenge and the signature that answers it. */
  async function signed() {
    const account = newAccount();
    const challenge = await challengeFor(service, account);
    return { account, challenge, signature: await account.signMessage({ message: challenge.message }) };
  }

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
    const { challenge, signature: right } = await signed();
    await post(service, '/wallet/verify', { nonce: challenge.nonce, signature: right });
    const expected = {
      error: 'invalid_grant',
      error_description: 'Challenge already used',
      reason: 'challenge_used',
    };

    const answers = await Promise.all([
      post(service, '/wallet/verify', { nonce: challenge.nonce, signature: right }),
      post(service, '/wallet/verify', { nonce: challenge.nonce, signature }),
      post(service, '/wallet/verify', { nonce: challenge.nonce, signature: '0x' }),
      post(service, '/wallet/verify', { nonce: challenge.nonce, message: 'another', signature: right }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(answers.map(({ body }) => body)).toEqual([expected, expected, expected, expected]);
  });

  it('given a statement that looks like a nonce, when its message is verified, then the real nonce is read', async () => {
    const account = newAccount();
    const { body } = await post(service, '/wallet/challenge', {
      address: account.address,
      statement: 'Nonce: aaaaaaaaaaaaaaaa',
    });
    const message = String(body['message']);

    const { status } = await post(service, '/wallet/verify', {
      message,
      signature: await account.signMessage({ message }),
    });

    expect(status).toBe(200);
  });

  it('given an expired challenge that is not swept, when it is verified, then it is expired', async () => {
    const { challenge, signature: right } = await signed();
    service.clock.advance(300_000);

    const answers = await Promise.all([
      post(service, '/wallet/verify', { nonce: challenge.nonce, signature: right }),
      post(service, '/wallet/verify', { nonce: challenge.nonce, message: 'another', signature: '0x' }),
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
    const { challenge, signature: right } = await signed();
    const bytes = Array.from(challenge.message);
    const altered = bytes.map((byte, at) => bytes.with(at, byte === 'x' ? 'y' : 'x').join(''));
    const others = [`${challenge.message}\n`, ` ${challenge.message}`, challenge.message.replaceAll('\n', '\r\n'), ''];

    const withNonce = [];
    for (const message of [...altered, ...others]) {
      withNonce.push(await post(service, '/wallet/verify', { nonce: challenge.nonce, message, signature: right }));
    }
    const alone = await post(service, '/wallet/verify', { message: altered[0], signature: right });
    const owner = await post(service, '/wallet/verify', { message: challenge.message, signature: right });

    expect(new Set(withNonce.map(({ body }) => body['reason']))).toEqual(new Set(['message_mismatch']));
    expect(alone.status).toBe(400);
    expect(alone.body).toMatchObject({ error: 'invalid_grant', reason: 'message_mismatch' });
    expect(owner.status).toBe(200);
  });

  it('given a malformed signature of another message, when it is verified, then the message is named first', async () => {
    const { challenge } = await signed();

    const answer = await post(service, '/wallet/verify', { nonce: challenge.nonce, message: 'x', signature: '0x' });

    expect(answer.body['reason']).toBe('message_mismatch');
  });

  it('given signatures that are none, when they are verified, then they are malformed and the challenge stays', async () => {
    const { challenge, signature: right } = await signed();
    const { r, s, yParity } = parseSignature(right);
    const highS = serializeSignature({ r, s: word(n - BigInt(s)), yParity: 1 - yParity });
    const withV = (v: number) => concat([r, s, numberToHex(v, { size: 1 })]);
    const malformed = ['0x', right.slice(0, -4), highS, withV(2), withV(26), withV(29), withV(37)]
      .concat([concat([word(0n), s, '0x1b']), concat([word(n), s, '0x1b']), concat([r, word(0n), '0x1b'])])
      .concat([concat([r, word(n), '0x1b'])]);

    const answers = await Promise.all(
      malformed.map((each) => post(service, '/wallet/verify', { nonce: challenge.nonce, signature: each })),
    );
    const owner = await post(service, '/wallet/verify', { nonce: challenge.nonce, signature: right });

    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: 'invalid_request', reason: 'signature_malformed' });
    }
    expect(owner.status).toBe(200);
  });

  it('given what only code could take, when it is verified, then it is contract_accounts_unsupported and the challenge stays', async () => {
    const { challenge, signature: right } = await signed();
    const verify = (each: string) => post(service, '/wallet/verify', { nonce: challenge.nonce, signature: each });

    const answers = [await verify(`${right}00`), await verify(`0x${'6492'.repeat(100)}`)];
    const owner = await verify(right);

    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: 'invalid_request', reason: 'contract_accounts_unsupported' });
    }
    expect(owner.status).toBe(200);
  });

  it('given the signature of another account, when it is verified, then it is refused and the owner still signs in', async () => {
    const { challenge, signature: right } = await signed();
    const stranger = await newAccount().signMessage({ message: challenge.message });

    const refused = await post(service, '/wallet/verify', { nonce: challenge.nonce, signature: stranger });
    const owner = await post(service, '/wallet/verify', { nonce: challenge.nonce, signature: right });

    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ error: 'invalid_grant', reason: 'signature_mismatch' });
    expect(owner.status).toBe(200);
  });

  it('given the signature of another challenge of the same account, when it is verified, then it does not match', async () => {
    const { account, challenge } = await signed();
    const other = await challengeFor(service, account);

    const answer = await post(service, '/wallet/verify', {
      nonce: challenge.nonce,
      signature: await account.signMessage({ message: other.message }),
    });

    expect(answer.body['reason']).toBe('signature_mismatch');
  });

  it.each<[form: string, of: (signature: Hex) => string]>([
    ['64 bytes of EIP-2098', compactOf],
    ['v of 0 and 1', (each) => each.slice(0, -2) + (each.endsWith('1b') ? '00' : '01')],
    ['upper case', (each) => `0x${each.slice(2).toUpperCase()}`],
  ])('given a signature in the form of %s, when it is verified, then it gives tokens', async (_form, of) => {
    const { challenge, signature: right } = await signed();

    const { status } = await post(service, '/wallet/verify', { nonce: challenge.nonce, signature: of(right) });

    expect(status).toBe(200);
  });

  it('given both nonce and message of different challenges, when they are verified, then the message does not match', async () => {
    const [one, other] = [await signed(), await signed()];

    const answer = await post(service, '/wallet/verify', {
      nonce: one.challenge.nonce,
      message: other.challenge.message,
      signature: other.signature,
    });

    expect(answer.body['reason']).toBe('message_mismatch');
  });

  it('given all these requests, when the log is read, then it holds no signature and no token', async () => {
    const { challenge, signature: right } = await signed();
    const { body } = await post(service, '/wallet/verify', { nonce: challenge.nonce, signature: right });

    const log = service.log.join('\n');

    expect(log).toContain('/wallet/verify');
    expect(log).not.toContain(right.slice(2, 66));
    expect(log).not.toContain(String(body['access_token']).split('.')[2]);
  });
});

function word(value: bigint): Hex {
  return numberToHex(value, { size: 32 });
}

function compactOf(each: Hex): Hex {
  const { r, s, yParity } = parseSignature(each);
  return concat([r, word(BigInt(s) + (yParity === 1 ? 2n ** 255n : 0n))]);
}
