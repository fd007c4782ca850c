import type { JWTPayload } from 'jose';
import type { Dpop } from '../dpop.ts';
import { newSecret } from '../web-crypto.ts';

/** What can be wrong with a token; an API answers each with 401 `invalid_token`. */
export const tokenFlaws = [
  'expired',
  'other_issuer',
  'other_audience',
  /** Signed by a key that is not of the issuer. */
  'other_key',
  /** As an ID token: all is right, but the type. */
  'other_type',
] as const;

/** One of {@link tokenFlaws}. */
export type TokenFlaw = (typeof tokenFlaws)[number];

/** An access token for a test; times in seconds. */
export interface TestTokenOptions {
  /** The end-user; `user0` by default. For a client's own token the same as `clientId`. */
  readonly sub?: string;
  /** `test-client` by default. */
  readonly clientId?: string;
  /** None by default. */
  readonly scopes?: readonly string[];
  /** The class of the login: `phr` for a passkey; none by default. */
  readonly acr?: string;
  /** When the end-user authenticated, since the epoch; by default now, and never for a client's own token. */
  readonly authTime?: number;
  /** From now; 900 by default. */
  readonly expiresIn?: number;
  /** The `resource` of the issuer by default. */
  readonly audience?: string | readonly string[];
  /** Further claims, or other values of those above; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Binds the token to this key: `dpop({ keys: memoryKeys() })` of `@tessera/client`. */
  readonly dpop?: Pick<Dpop, 'thumbprint' | 'proof'>;
  readonly flaw?: TokenFlaw;
}

/** The claims of a token. `now`: seconds since the epoch. Source: RFC 9068 §2.2. */
export async function testClaims(
  options: TestTokenOptions,
  { issuer, resource, now }: { readonly issuer: string; readonly resource: string; readonly now: number },
): Promise<JWTPayload> {
  const { sub = 'user0', clientId = 'test-client', scopes = [], acr, dpop, flaw, audience = resource } = options;
  const { authTime = sub === clientId ? undefined : now, expiresIn = 900, claims } = options;
  return {
    iss: flaw === 'other_issuer' ? 'https://other-issuer.test' : issuer,
    sub,
    aud: flaw === 'other_audience' ? 'https://other-api.test' : [audience].flat(),
    client_id: clientId,
    iat: now,
    exp: flaw === 'expired' ? now - 3_600 : now + expiresIn,
    jti: newSecret(crypto, 16),
    scope: scopes.length === 0 ? undefined : scopes.join(' '),
    auth_time: authTime,
    acr,
    cnf: dpop === undefined ? undefined : { jkt: await dpop.thumbprint() },
    ...claims,
  };
}
