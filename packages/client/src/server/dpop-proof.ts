import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import { s256 } from '../web-crypto.ts';

/** What a proof may be signed with; EdDSA has two names. Source: RFC 9449 §5.1, RFC 9864 §2.2. */
export const dpopAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

/** Seconds that a proof is good for after its `iat`, and that `iat` may lie ahead of our clock. Source: RFC 9449 §11.1. */
const proofLifetime = 60;
const clockSkew = 10;

/** Characters: the largest key with its signature, two hashes, and the longest URI fit in. */
const longestProof = 4_096;
const longestJti = 256;

/** The request that a proof must be about. */
export interface ProofExpectation {
  readonly method: string;
  /** The URL of the request as its client saw it. */
  readonly url: string;
  readonly accessToken: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** A proof whose signature and claims are right. Whether it was seen before, it cannot tell. */
export interface DpopProof {
  /** The RFC 7638 thumbprint of the key that signed it. */
  readonly jkt: string;
  readonly jti: string;
  readonly iat: number;
  readonly expiresAt: number;
  readonly nonce: string | undefined;
}

/** Reads the value of a header `DPoP`; undefined for one that is no valid proof for the request. Source: RFC 9449 §4.3. */
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
    // What jose throws of a text that a stranger wrote differs by where it breaks; it is no proof in every case.
    return undefined;
  }
}

/** Source: RFC 9449 §4.3, checks 8 and 9. */
function isFor({ htm, htu }: JWTPayload, { method, url }: ProofExpectation): boolean {
  return htm === method && typeof htu === 'string' && isSameUri(htu, url);
}

/** With an authority: a browser's reading of URLs would find one in texts that have none. */
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
