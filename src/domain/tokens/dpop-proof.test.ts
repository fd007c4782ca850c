import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { dpopAlgorithms, readDpopProof } from './dpop-proof';
import { fewerRuns } from '../../../test/support/run/property-runs';

/** Source: RFC 9449 §4.1 figure 1, §7.1 figure 13. */
const published = {
  jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  token:
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
  resource:
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  accessToken: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
};

const seconds = 1_700_000_000;
const url = 'https://auth.example/token';
const expected = { method: 'POST', url, now: seconds * 1000 };
const claims = { jti: 'a jti', htm: 'POST', htu: url, iat: seconds };

type Members = Readonly<Record<string, unknown>>;

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs any input, by P-256. */
function signed(header: unknown, payload: unknown, key: KeyObject): string {
  const input = `${part(header)}.${part(payload)}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

describe('a DPoP proof', () => {
  let jwk: JWK;
  let key: KeyObject;

  beforeAll(async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    key = pair.privateKey;
    jwk = await exportJWK(pair.publicKey);
  });

  const header = (changes: Members = {}) => ({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...changes });
  const proof = (changes: Members = {}, ofHeader: Members = {}) =>
    signed(header(ofHeader), { ...claims, ...changes }, key);

  it('given the proof of RFC 9449 §4.1, when it is read, then it tells the key, the jti and the time', () => {
    const request = { method: 'POST', url: 'https://server.example.com/token', now: 1_562_262_616_000 };

    const read = readDpopProof(published.token, request);

    expect(read).toEqual({
      alg: 'ES256',
      jkt: published.jkt,
      jti: '-BwC3ESc6acc2lTc',
      iat: 1_562_262_616,
      nonce: undefined,
    });
  });

  it('given the proof of RFC 9449 §7.1, when it is read with its token, then it is valid, and with another it is not', () => {
    const now = 1_562_262_618_000;
    const request = { method: 'GET', url: 'https://resource.example.org/protectedresource', now };

    const [own, other] = [published.accessToken, 'another'].map((accessToken) =>
      readDpopProof(published.resource, { ...request, accessToken }),
    );

    expect([own?.jkt, other]).toEqual([published.jkt, undefined]);
  });

  it.each(dpopAlgorithms)('given a proof by jose and %s, when it is read, then its key is the one', async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const own = await exportJWK(pair.publicKey);
    const text = await new SignJWT(claims).setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: own }).sign(pair.privateKey);

    expect(readDpopProof(text, expected)?.jkt).toBe(await calculateJwkThumbprint(own));
  });

  it.each(dpopAlgorithms)(
    'given a proof by jose and %s that another key signed, when it is read, then it is none',
    async (alg) => {
      const [shown, signing] = [await generateKeyPair(alg, { extractable: true }), await generateKeyPair(alg)];
      const own = await exportJWK(shown.publicKey);
      const text = await new SignJWT(claims)
        .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: own })
        .sign(signing.privateKey);

      expect(readDpopProof(text, expected)).toBeUndefined();
    },
  );

  it.each([
    ['RS256', 'ec'],
    ['PS256', 'ec'],
    ['EdDSA', 'ec'],
    ['ES256', 'rsa'],
    ['EdDSA', 'rsa'],
    ['ES256', 'ed25519'],
    ['RS256', 'ed25519'],
  ] as const)(
    'given %s over a key of type %s, when what that key signed is read, then it is none',
    async (alg, type) => {
      const pair = {
        ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
        rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
        ed25519: () => generateKeyPairSync('ed25519'),
      }[type]();
      const own = await exportJWK(pair.publicKey);
      const input = `${part(header({ alg, jwk: own }))}.${part(claims)}`;
      const signature = sign(type === 'ed25519' ? null : 'sha256', Buffer.from(input), pair.privateKey);

      expect(readDpopProof(`${input}.${signature.toString('base64url')}`, expected)).toBeUndefined();
    },
  );

  it('given a proof with a part before or after it, when it is read, then it is none', () => {
    const text = proof();

    const read = [`x.${text}`, `${text}.x`, `${text} `, ` ${text}`].map((each) => readDpopProof(each, expected));

    expect(read).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('given a proof of 4,096 characters, when it is read, then it is valid, and a longer one is none', () => {
    const spare = Math.floor(((4_096 - proof({ fill: '' }).length) * 3) / 4) - 3;
    const fills = Array.from({ length: 8 }, (_, index) => proof({ fill: 'x'.repeat(spare + index) }));
    const [fitting, longer] = [
      fills.filter(({ length }) => length === 4_096),
      fills.filter(({ length }) => length > 4_096),
    ];

    expect([fitting.length > 0, longer.length > 0]).toEqual([true, true]);
    expect(fitting.every((text) => readDpopProof(text, expected) !== undefined)).toBe(true);
    expect(longer.every((text) => readDpopProof(text, expected) === undefined)).toBe(true);
  });

  it('given a nonce, when the proof is read, then it is told', () => {
    expect(readDpopProof(proof({ nonce: 'n-1' }), expected)?.nonce).toBe('n-1');
  });

  it.each([
    ['60 s old', { iat: seconds - 60 }],
    ['10 s ahead', { iat: seconds + 10 }],
    ['valid from 10 s ahead', { nbf: seconds + 10 }],
    ['a fraction of a second old', { iat: seconds - 0.5 }],
    ['for the URL with a query and a fragment', { htu: `${url}?a=b#c` }],
    ['for the URL in other case and with its port', { htu: 'HTTPS://AUTH.example:443/token' }],
    ['with claims of its own', { sub: 'somebody', claim: { deep: [1] } }],
  ])('given a proof that is %s, when it is read, then it is valid', (_case, changes: Members) => {
    expect(readDpopProof(proof(changes), expected)).toBeDefined();
  });

  it.each([
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti of 257 characters', { jti: 'j'.repeat(257) }],
    ['a number as jti', { jti: 7 }],
    ['no method', { htm: undefined }],
    ['another method', { htm: 'GET' }],
    ['the method in lower case', { htm: 'post' }],
    ['no URL', { htu: undefined }],
    ['another path', { htu: 'https://auth.example/tokens' }],
    ['another host', { htu: 'https://auth.example.evil/token' }],
    ['another scheme', { htu: 'http://auth.example/token' }],
    ['a user in the URL', { htu: 'https://user@auth.example/token' }],
    ['a URL without slashes', { htu: 'https:auth.example/token' }],
    ['a URL with backslashes', { htu: 'https:\\\\auth.example\\token' }],
    ['a URL with a space before it', { htu: ` ${url}` }],
    ['a URL with a space after it', { htu: `${url} ` }],
    ['a relative URL', { htu: '/token' }],
    ['an object as URL', { htu: { $ne: null } }],
    ['no time', { iat: undefined }],
    ['61 s of age', { iat: seconds - 61 }],
    ['a time 11 s ahead', { iat: seconds + 11 }],
    ['a time 11 s ahead that is valid before', { iat: seconds + 11, nbf: seconds }],
    ['a text as time', { iat: String(seconds) }],
    ['a validity that begins 11 s ahead', { nbf: seconds + 11 }],
    ['an expiry that is over', { exp: seconds }],
    ['a number as nonce', { nonce: 1 }],
  ])('given a proof with %s, when it is read, then it is none', (_case, changes: Members) => {
    expect(readDpopProof(proof(changes), expected)).toBeUndefined();
  });

  it('given a proof without ath, when it is read with a token, then it is none', () => {
    const ath = createHash('sha256').update('token').digest('base64url');

    expect(readDpopProof(proof(), { ...expected, accessToken: 'token' })).toBeUndefined();
    expect(readDpopProof(proof({ ath }), { ...expected, accessToken: 'token' })).toBeDefined();
  });

  it.each([
    ['no typ', { typ: undefined }],
    ['another typ', { typ: 'JWT' }],
    ['no algorithm', { alg: 'none' }],
    ['a symmetric algorithm', { alg: 'HS256' }],
    ['another algorithm than the key’s', { alg: 'RS256' }],
    ['EdDSA over P-256', { alg: 'EdDSA' }],
    ['an algorithm that is not listed', { alg: 'ES384' }],
    ['an extension that must be understood', { crit: ['x'], x: 1 }],
    ['no key', { jwk: undefined }],
    ['a key by URL', { jwk: undefined, jku: 'https://evil.example/keys' }],
    ['a text as key', { jwk: 'key' }],
    ['a list as key', { jwk: [] }],
    ['an empty key', { jwk: {} }],
    ['a symmetric key', { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['a point that is not on the curve', { jwk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } }],
  ])('given a proof with %s in its header, when it is read, then it is none', (_case, changes: Members) => {
    expect(readDpopProof(proof({}, changes), expected)).toBeUndefined();
  });

  it('given the private key beside the public one, when the proof is read, then it is none', () => {
    const { d } = key.export({ format: 'jwk' });

    expect(readDpopProof(proof({}, { jwk: { ...jwk, d } }), expected)).toBeUndefined();
  });

  it('given the key of somebody else, when the proof is read, then it is none', async () => {
    const other = await exportJWK(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);

    expect(readDpopProof(proof({}, { jwk: other }), expected)).toBeUndefined();
  });

  it.each([
    ['P-384', 'ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['secp256k1', 'ES256', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['RSA of 1024 bits', 'RS256', () => generateKeyPairSync('rsa', { modulusLength: 1_024 })],
    ['Ed448', 'EdDSA', () => generateKeyPairSync('ed448')],
  ])('given a key that is %s, when the proof is read, then it is none', (_case, alg, generate) => {
    const pair = generate();
    const input = `${part({ typ: 'dpop+jwt', alg, jwk: pair.publicKey.export({ format: 'jwk' }) })}.${part(claims)}`;
    const isEdwards = alg === 'EdDSA';
    const signature = sign(isEdwards ? null : 'sha256', Buffer.from(input), {
      key: pair.privateKey,
      dsaEncoding: 'ieee-p1363',
    });

    expect(readDpopProof(`${input}.${signature.toString('base64url')}`, expected)).toBeUndefined();
  });

  it.each([
    ['a modulus of 16384 bits', { n: 'w'.repeat(2_730), e: 'AQAB' }],
    ['an exponent as long as the modulus', { n: 'w'.repeat(342), e: 'w'.repeat(342) }],
    ['an exponent of one', { n: 'w'.repeat(342), e: 'AQ' }],
  ])('given an RSA key with %s, when the proof is read, then it is none, and cheap', (_case, members) => {
    const input = `${part({ typ: 'dpop+jwt', alg: 'RS256', jwk: { kty: 'RSA', ...members } })}.${part(claims)}`;
    const before = process.cpuUsage();

    const read = readDpopProof(`${input}.${'A'.repeat(342)}`, expected);

    expect(read).toBeUndefined();
    expect(process.cpuUsage(before).user).toBeLessThan(50_000);
  });

  it('given a longer proof than any of ours needs, when it is read, then nothing of it is', () => {
    expect(readDpopProof(proof({ pad: 'x'.repeat(3_000) }), expected)).toBeUndefined();
  });

  it('given any text, when it is read, then it is no proof', () => {
    const parts = fc.array(fc.constantFrom('', 'e30', 'W10', 'bnVsbA', 'A', '-_'), { maxLength: 5 });
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      parts.map((each) => each.join('.')),
    );

    fc.assert(fc.property(texts, (text) => readDpopProof(text, expected) === undefined));
  });

  it('given any JSON in the place of the header and the claims, when it is signed and read, then it is no proof', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(readDpopProof(signed(one, claims, key), expected)).toBeUndefined();
        expect(readDpopProof(signed(header(), other, key), expected)).toBeUndefined();
      }),
      fewerRuns(50),
    );
  });

  it('given any value in the place of one claim or one member of the header, when it is read, then only the right one is taken', () => {
    const names = fc.constantFrom('typ', 'alg', 'jwk', 'jti', 'htm', 'htu', 'iat');
    const inHeader = new Set(['typ', 'alg', 'jwk']);

    fc.assert(
      fc.property(names, fc.jsonValue(), (name, value) => {
        const changed = inHeader.has(name) ? proof({}, { [name]: value }) : proof({ [name]: value });
        const isJti = name === 'jti' && typeof value === 'string' && value !== '' && value.length <= 256;
        expect(readDpopProof(changed, expected) !== undefined).toBe(isJti);
      }),
      fewerRuns(100),
    );
  });

  it('given any byte of a proof changed, when it is read, then it is none, or the very same', () => {
    const right = proof();
    const read = readDpopProof(right, expected);

    fc.assert(
      fc.property(fc.nat(right.length - 1), fc.constantFrom('A', 'b', '0', '-', '_', '.', '=', ' '), (place, other) => {
        const changed = `${right.slice(0, place)}${other}${right.slice(place + 1)}`;
        const result = readDpopProof(changed, expected);
        // The last character of a base64url text has unused bits.
        if (result !== undefined) expect(result).toEqual(read);
      }),
    );
  });

  it('given a key whose text is not its shortest, when it is read, then its thumbprint is that of the key', () => {
    const padded = { ...jwk, x: `${jwk.x}=`, kid: 'mine', use: 'sig' };

    const read = readDpopProof(proof({}, { jwk: padded }), expected);

    expect(read?.jkt).toBe(readDpopProof(proof(), expected)?.jkt);
  });
});
