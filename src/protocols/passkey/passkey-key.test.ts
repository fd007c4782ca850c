import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { cbor, type Cbor } from '../../../test/support/clients/cbor';
import { isPasskeyKey } from './passkey-key';

type Parameters = readonly (readonly [number, Cbor])[];

const encoded = (...parameters: Parameters) => cbor(new Map(parameters));
const bytes = (text = '') => Buffer.from(text, 'base64url');

function p256() {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  return { x: bytes(x), y: bytes(y) };
}

function rsa(modulusLength: number, publicExponent = 65_537) {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  const { n, e } = publicKey.export({ format: 'jwk' });
  return { n: bytes(n), e: bytes(e) };
}

const { x, y } = p256();
const ed25519 = bytes(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x);
const { n, e } = rsa(2_048);
const ec = [
  [1, 2],
  [3, -7],
  [-1, 1],
] as const;
const okp = [
  [1, 1],
  [3, -8],
  [-1, 6],
] as const;

describe('the key of a passkey', () => {
  it.each<[name: string, key: Buffer]>([
    ['ES256', encoded(...ec, [-2, x], [-3, y])],
    ['EdDSA', encoded(...okp, [-2, ed25519])],
    ['RS256', encoded([1, 3], [3, -257], [-1, n], [-2, e])],
  ])('given one of %s, when it is looked at, then it is of use', (_name, key) => {
    expect(isPasskeyKey(key)).toBe(true);
  });

  it.each<[what: string, key: Buffer]>([
    ['text', cbor('key')],
    ['one without parameters', encoded()],
    ['one without an algorithm', encoded([1, 2], [-1, 1], [-2, x], [-3, y])],
    ['an algorithm that was not offered', encoded([1, 2], [3, -35], [-1, 1], [-2, x], [-3, y])],
    ['an algorithm of another key type', encoded([1, 1], [3, -7], [-1, 1], [-2, x], [-3, y])],
    ['another curve', encoded([1, 2], [3, -7], [-1, 2], [-2, x], [-3, y])],
    ['a point that is not on the curve', encoded(...ec, [-2, x], [-3, p256().y])],
    ['the point at infinity', encoded(...ec, [-2, Buffer.alloc(32)], [-3, Buffer.alloc(32)])],
    ['a coordinate too few', encoded(...ec, [-2, x])],
    ['a compressed point', encoded(...ec, [-2, x], [-3, 1])],
    ['a short coordinate', encoded(...ec, [-2, x.subarray(1)], [-3, y])],
    ['an optional parameter', encoded(...ec, [-2, x], [-3, y], [4, [1, 2]])],
    ['the curve for key agreement', encoded([1, 1], [3, -8], [-1, 4], [-2, ed25519])],
    ['31 bytes of Ed25519', encoded(...okp, [-2, ed25519.subarray(1)])],
    ['RSA of 1024 bits', encoded([1, 3], [3, -257], [-1, rsa(1_024).n], [-2, e])],
    ['RSA of 65,536 bits', encoded([1, 3], [3, -257], [-1, Buffer.alloc(8_192, 0xff)], [-2, e])],
    ['RSA with the exponent 1', encoded([1, 3], [3, -257], [-1, n], [-2, Buffer.from([1])])],
    ['RSA with an exponent as long as the modulus', encoded([1, 3], [3, -257], [-1, n], [-2, n])],
    ['the private part of a key', encoded(...ec, [-2, x], [-3, y], [-4, x])],
  ])('given %s, when it is looked at, then it is not', (_what, key) => {
    expect(isPasskeyKey(key)).toBe(false);
  });
});
