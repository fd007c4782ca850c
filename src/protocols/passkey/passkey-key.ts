import { isoCBOR } from '@simplewebauthn/server/helpers';
import { publicKeyOf } from '../../domain/credentials/public-key';

/** COSE algorithms that passkeys may sign with, the preferred one first. Source: WebAuthn Level 3 §5.8.5. */
export const passkeyAlgorithms = [-7, -8, -257] as const;

type Algorithm = (typeof passkeyAlgorithms)[number];

/** Parameters of COSE keys. Source: RFC 9053 §7.1, §7.2; RFC 8230 §4. */
const [kty, alg] = [1, 3];

/** The JWK of a COSE key, whose parameters these are and no others. */
const forms: Readonly<Record<Algorithm, { readonly kty: number; jwk: (key: Key) => object | undefined }>> = {
  '-7': { kty: 2, jwk: (key) => curve(key, { code: 1, kty: 'EC', crv: 'P-256' }, ['x', 'y']) },
  '-8': { kty: 1, jwk: (key) => curve(key, { code: 6, kty: 'OKP', crv: 'Ed25519' }, ['x']) },
  '-257': { kty: 3, jwk: (key) => ({ kty: 'RSA', n: text(key, -1), e: text(key, -2) }) },
};

type Key = ReadonlyMap<unknown, unknown>;

/** True for the COSE key of a passkey: ES256, EdDSA with Ed25519, or RS256 of 2048 to 4096 bits; a point must be on its curve. */
export function isPasskeyKey(publicKey: Uint8Array): boolean {
  const key: unknown = isoCBOR.decodeFirst(new Uint8Array(publicKey));
  if (!(key instanceof Map)) return false;
  const algorithm = passkeyAlgorithms.find((each) => each === key.get(alg));
  if (algorithm === undefined || key.get(kty) !== forms[algorithm].kty) return false;
  const jwk = forms[algorithm].jwk(key);
  // kty and alg, and each member of the JWK but its kty: no optional parameter may be there.
  return jwk !== undefined && key.size === Object.keys(jwk).length + 1 && publicKeyOf(jwk) !== undefined;
}

function curve(
  key: Key,
  { code, ...jwk }: { readonly code: number; readonly kty: string; readonly crv: string },
  coordinates: readonly string[],
): object | undefined {
  if (key.get(-1) !== code) return undefined;
  return { ...jwk, ...Object.fromEntries(coordinates.map((name, at) => [name, text(key, -2 - at)])) };
}

function text(key: Key, parameter: number): string | undefined {
  const value = key.get(parameter);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : undefined;
}
