import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import { s256 } from '../web-crypto.ts';

/** The accepted algorithms; EdDSA has two names. Source: RFC 9449 §5.1, RFC 9864 §2.2. */
export const dpopAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

/** Seconds that a proof is valid after its `iat`, and that `iat` may be ahead of our clock. Source: RFC 9449 §11.1. */
const proofLifetime = 60;
const clockSkew = 10;

/** Characters: fits the largest key with its signature, two hashes and the longest URI. */
const longestProof = 4_096;
const longestJti = 256;

/** The request that a proof must match. */
export interface ProofExpectation {
  readonly method: string;
  /** The URL of the request as its client saw it. */
  readonly url: string;
  readonly accessToken: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** A proof with valid signature and claims. It may still be a replay. */
export interface DpopProof {
  /** RFC 7638 thumbprint of its key. */
  readonly jkt: string;
  readonly jti: string;
  readonly iat: number;
  readonly expiresAt: number;
  readonly nonce: string | undefined;
}

/** Verifies the value of a `DPoP` header; undefined when it is not a valid proof for the request. Source: RFC 9449 §4.3. */
export async function readDpopProof(text: string, expectation: ProofExpectation): Promise<DpopProof | undefined> {
  if (text.length > longestProof) return undefined;
  try {
    const { payload, protectedHeader } = await jwtVerify(text, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...dpopAlgorithms],
      currentDate: new Date(expectation.now * 1000),
      clockTolerance: clockSkew,
    });
    const { jwk = {} } = protectedHeader;
    const { jti, iat, nonce, ath } = payload;
    if (typeof jti !== 'string' || jti === '' || jti.length > longestJti || iat === undefined) return undefined;
    if (iat > expectation.now + clockSkew || iat < expectation.now - proofLifetime) return undefined;
    if (!isFor(payload, expectation) || ath !== (await s256(crypto, expectation.accessToken))) return undefined;
    const jkt = await calculateJwkThumbprint(jwk);
    const expiresAt = Math.floor(iat) + proofLifetime + 1;
    return { jkt, jti, iat, expiresAt, nonce: typeof nonce === 'string' ? nonce : undefined };
  } catch {
    // jose throws various errors for untrusted text; all of them mean no proof.
    return undefined;
  }
}

/** Source: RFC 9449 §4.3, checks 8 and 9. */
function isFor({ htm, htu }: JWTPayload, { method, url }: ProofExpectation): boolean {
  return htm === method && typeof htu === 'string' && isSameUri(htu, url);
}

/** Requires an authority: URL parsers would find one in texts that have none. */
const httpUri = /^https?:\/\/[!-[\]-~]+$/i;

/** Compared as URLs, without query and fragment. Source: RFC 9449 §4.3, check 9. */
function isSameUri(htu: string, url: string): boolean {
  return httpUri.test(htu) && URL.canParse(htu) && URL.canParse(url) && bare(htu) === bare(url);
}

function bare(text: string): string {
  const url = new URL(text);
  url.search = '';
  url.hash = '';
  return url.href;
}
