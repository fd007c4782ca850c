import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { Fetch } from '../answer.ts';
import { testClaims, type TestTokenOptions } from './test-token.ts';

/** The issuer of a test. */
export interface TestIssuerOptions {
  /** `https://issuer.test` by default, a name that nobody can own. Source: RFC 6761 §6.2. */
  readonly issuer?: string;
  /** The API's identifier: the `aud` of the tokens. */
  readonly resource: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A token, and the request that it is for: proofs name it. */
export interface TestRequestOptions extends TestTokenOptions {
  /** `GET` by default. */
  readonly method?: string;
  /** As clients see it; a path is one of the origin of `resource`, which is the default. */
  readonly url?: string;
}

/** An issuer of access tokens that only exists in a test. */
export interface TestIssuer {
  readonly issuer: string;
  readonly resource: string;
  /**
   * For `protectedResource({ issuer, resource, fetch })`, and for `introspection` with any credentials: answers for the issuer's
   * metadata, keys and introspection, and 404 for any other URL.
   */
  readonly fetch: Fetch;
  /** A signed access token. */
  token(options?: TestTokenOptions): Promise<string>;
  /** The headers of a request with a new token: `authorization`, and with a key `dpop`, the proof. */
  headers(options?: TestRequestOptions): Promise<Record<string, string>>;
  /** From now on introspection says that the token is not active. */
  revoke(token: string): void;
}

const algorithm = 'ES256';
/** Whoever looks at a token sees where it is from. */
const kid = 'only-for-tests';

/**
 * An issuer for the tests of an API, whose keys are made for it and never leave the process: no other API accepts its tokens.
 * Throws: Error where `NODE_ENV` is `production`.
 */
export function testIssuer({
  issuer = 'https://issuer.test',
  resource,
  now = Date.now,
}: TestIssuerOptions): TestIssuer {
  assertNoProduction();
  const [own, other] = [newKey(), newKey()];
  const active = new Map<string, JWTPayload>();
  const url = (path: string) => issuer.replace(/\/$/, '') + path;
  const metadata = {
    issuer,
    authorization_endpoint: url('/authorize'),
    token_endpoint: url('/token'),
    jwks_uri: url('/jwks'),
    introspection_endpoint: url('/introspect'),
  };
  const seconds = () => Math.floor(now() / 1000);
  const introspected = (token: string) => {
    const { exp = 0, ...claims } = active.get(token) ?? {};
    return exp > seconds() ? { active: true, exp, ...claims } : { active: false };
  };
  const answers: Readonly<Record<string, (body: string) => Promise<object> | object>> = {
    [url('/.well-known/openid-configuration')]: () => metadata,
    [metadata.jwks_uri]: async () => {
      const { publicKey } = await own();
      return { keys: [{ ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }] };
    },
    [metadata.introspection_endpoint]: (body) => introspected(new URLSearchParams(body).get('token') ?? ''),
  };
  const made: TestIssuer = {
    issuer,
    resource,
    async fetch(asked, { body } = {}) {
      const answer = answers[asked];
      if (answer === undefined) return new Response('this issuer exists only in a test', { status: 404 });
      return Response.json(await answer(String(body ?? '')));
    },
    async token(options = {}) {
      const { flaw } = options;
      const claims = await testClaims(options, { issuer, resource, now: seconds() });
      const { privateKey } = await (flaw === 'other_key' ? other() : own());
      const typ = flaw === 'other_type' ? 'JWT' : 'at+jwt';
      const token = await new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid, typ }).sign(privateKey);
      active.set(token, claims);
      return token;
    },
    async headers({ method = 'GET', url: of = resource, ...options } = {}) {
      const accessToken = await made.token(options);
      const { dpop } = options;
      if (dpop === undefined) return { authorization: `Bearer ${accessToken}` };
      const proof = await dpop.proof({ method, url: new URL(of, resource).href, accessToken });
      return { authorization: `DPoP ${accessToken}`, dpop: proof };
    },
    revoke: (token) => void active.delete(token),
  };
  return made;
}

/** Made when it is first used. */
function newKey() {
  let pair: ReturnType<typeof generateKeyPair> | undefined;
  return () => (pair ??= generateKeyPair(algorithm));
}

/** Read at run time: a bundler would put the value of its own run there. */
function assertNoProduction(): void {
  const { process } = globalThis as { readonly process?: { readonly env?: Readonly<Record<string, unknown>> } };
  if (process?.env?.['NODE_ENV'] === 'production') throw new Error('testIssuer is for tests: NODE_ENV is production');
}
