import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { publicJwkOf, usableKeys } from './usable-keys';

describe('the keys of a set that somebody else wrote', () => {
  let ec: JWK;
  let rsa: JWK;

  beforeAll(async () => {
    const pairs = await Promise.all(
      ['ES256', 'RS256'].map((algorithm) => generateKeyPair(algorithm, { extractable: true })),
    );
    [ec = {}, rsa = {}] = await Promise.all(pairs.map(({ publicKey }) => exportJWK(publicKey)));
  });

  it('given keys with what is not known, when they are read, then each has what is known alone', () => {
    const named = { kid: 'a', alg: 'ES256', use: 'sig', key_ops: ['verify'] };
    const keys = [
      { ...ec, ...named, x5c: ['a'.repeat(1_000)], more: [[], {}] },
      { ...rsa, more: 'b' },
    ];

    expect(usableKeys({ keys, more: 'c' })).toEqual({ keys: [{ ...ec, ...named }, rsa] });
  });

  it('given what is no key to verify with, when the set is read, then the others are there', () => {
    const others = [
      null,
      1,
      'a',
      [],
      {},
      { kty: 'oct', k: 'c2VjcmV0' },
      { ...ec, use: 'enc' },
      { ...ec, crv: 'P-521' },
      { ...ec, x: 'AAAA' },
      { ...ec, d: 'c2VjcmV0' },
      { ...ec, kid: 7 },
      { ...ec, kid: 'a'.repeat(513) },
      { ...ec, key_ops: Array.from({ length: 9 }, () => 'verify') },
    ];

    expect(usableKeys({ keys: [...others, rsa] })).toEqual({ keys: [rsa] });
  });

  it('given 30 keys among any number of others, when the set is read, then the first 20 are there', () => {
    const junk = Array.from({ length: 1_000 }, () => ({}));
    const keys = Array.from({ length: 30 }, (_, at) => ({ ...ec, kid: `${at}` }));

    expect(usableKeys({ keys: [...junk, ...keys] })?.keys.map(({ kid }) => kid)).toEqual(
      Array.from({ length: 20 }, (_, at) => `${at}`),
    );
  });

  it('given a modulus with zeros before it, when the key is read, then it takes no more than the key', () => {
    const { n = '' } = rsa;
    const longer = Buffer.concat([Buffer.alloc(8_000), Buffer.from(n, 'base64url')]).toString('base64url');

    expect([undefined, n]).toContain(publicJwkOf({ ...rsa, n: longer })?.n);
  });

  it.each([undefined, null, 'keys', 1, [], {}, { keys: 'a' }, { keys: {} }])(
    'given %j, when it is read, then it is no key set',
    (value) => {
      expect(usableKeys(value)).toBeUndefined();
    },
  );
});
