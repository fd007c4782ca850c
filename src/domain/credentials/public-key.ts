import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto';

/** Bits of an RSA key: shorter ones are broken, longer ones cost the server too much. */
const rsaBits = { least: 2_048, most: 4_096 };
/** A long exponent makes a verification as expensive as a signature; every RSA key in use has 65537. */
const longestExponentBits = 32;

/** Members of private and symmetric keys. Source: RFC 7518 §6.2.2, §6.3.2, §6.4.1. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * The verification key in an untrusted JWK: RSA of 2048 to 4096 bits, P-256 or Ed25519, without any private member. Undefined
 * for any other object. Source: RFC 7517 §4.
 */
export function publicKeyOf(jwk: object): KeyObject | undefined {
  if (privateMembers.some((name) => Object.hasOwn(jwk, name))) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' } as JsonWebKeyInput);
    return isOfUse(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

function isOfUse({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  if (type === 'ec') return details.namedCurve === 'prime256v1';
  if (type !== 'rsa') return type === 'ed25519';
  const { modulusLength = 0, publicExponent = 0n } = details;
  return (
    modulusLength >= rsaBits.least &&
    modulusLength <= rsaBits.most &&
    publicExponent > 1n &&
    publicExponent < 2n ** BigInt(longestExponentBits)
  );
}
