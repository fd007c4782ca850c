import { ask, deadline, type Fetch, isMembers, type Members, read } from './answer.ts';
import { TesseraError } from './errors.ts';

/** What of the service's metadata is used. Source: RFC 8414 §2; OpenID Connect Discovery 1.0 §3. */
export interface Metadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly userinfo_endpoint?: string;
  readonly revocation_endpoint?: string;
  readonly introspection_endpoint?: string;
  readonly end_session_endpoint?: string;
  readonly pushed_authorization_request_endpoint?: string;
  readonly dpop_signing_alg_values_supported?: readonly string[];
  readonly [name: string]: unknown;
}

/** A key of the service by which it signs. Source: RFC 7517 §4. */
export interface Jwk {
  readonly kty: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly [member: string]: unknown;
}

/** The service's metadata and keys, each fetched once and kept. Share one between the clients of a process. */
export interface Discovery {
  readonly issuer: string;
  /** Throws `service_unreachable` or `metadata_invalid`; the next call tries again then. */
  metadata(): Promise<Metadata>;
  /**
   * The key with that id (any that fits without one) for signatures by `alg`; undefined where there is none. Asks again for
   * one that is not known, at most once a minute. Throws as `metadata` does.
   */
  key(kid: string | undefined, alg: string): Promise<Jwk | undefined>;
}

/** Of whom, and by what. */
export interface DiscoveryOptions {
  /** The issuer identifier, exactly as the service has it: `https://login.example.com`. */
  readonly issuer: string;
  readonly fetch?: Fetch | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Milliseconds. */
const patience = 10_000;

/** Asks nobody yet: the first call of what it returns does. */
export function createDiscovery({
  issuer,
  fetch = (url, init) => globalThis.fetch(url, init),
  now = Date.now,
}: DiscoveryOptions): Discovery {
  // All who log in wait for the same answer: an issuer that keeps the connection and says nothing must not keep them.
  const get = async (url: string) => read(await ask(fetch, url, deadline(patience)));
  const metadata = once(async () => checked(await get(wellKnown(issuer)), issuer));
  let keys: { readonly list: readonly Jwk[]; readonly at: number } | undefined;
  const fetchKeys = async () => {
    const { keys: list } = await get((await metadata()).jwks_uri);
    if (!Array.isArray(list)) throw new TesseraError('metadata_invalid', 'The key set has no keys');
    keys = { list: list.filter((each): each is Jwk => isMembers(each) && typeof each['kty'] === 'string'), at: now() };
  };
  const find = (kid: string | undefined, alg: string) =>
    keys?.list.find(
      (key) => (kid === undefined || key.kid === kid) && (key.alg ?? alg) === alg && (key.use ?? 'sig') === 'sig',
    );
  return {
    issuer,
    metadata,
    async key(kid, alg) {
      // A key that was rotated in is found at once, and made-up key ids cost no requests.
      if (keys === undefined || (find(kid, alg) === undefined && Math.abs(now() - keys.at) > 60_000)) await fetchKeys();
      return find(kid, alg);
    },
  };
}

/** Source: OpenID Connect Discovery 1.0 §4.1. */
const wellKnown = (issuer: string) => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/** Throws unless it is the metadata of this very issuer, which keeps servers apart. Source: RFC 8414 §3.3. */
function checked(metadata: Members, issuer: string): Metadata {
  if (metadata['issuer'] !== issuer) throw new TesseraError('metadata_invalid', 'The metadata is of another issuer');
  const names = ['authorization_endpoint', 'token_endpoint', 'jwks_uri', ...Object.keys(metadata)];
  // The browser is sent to some of them: a URL of another scheme may be a script, or go in the clear.
  const scheme = issuer.startsWith('http:') ? /^https?:/ : /^https:/;
  for (const name of names.filter((each) => /_endpoint$|^jwks_uri$/.test(each))) {
    if (!scheme.test(String(metadata[name]))) throw new TesseraError('metadata_invalid', `The metadata has no ${name}`);
  }
  return metadata as Members & Metadata;
}

/** Calls once for all who ask; a failure is not kept. */
function once<Result>(call: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= call().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}
