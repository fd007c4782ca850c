import { ask, deadline, type Fetch, type Members, platformFetch, read } from './answer.ts';
import { TesseraError } from './errors.ts';

/** The used part of the service's metadata. Source: RFC 8414 §2; OpenID Connect Discovery 1.0 §3. */
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

/** A signing key of the service. Source: RFC 7517 §4. */
export interface Jwk {
  readonly kty: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly [member: string]: unknown;
}

/** The service's metadata, fetched once, and its keys. Share one between the clients of a process. */
export interface Discovery {
  readonly issuer: string;
  /** Throws `service_unreachable` or `metadata_invalid`; the next call then tries again. */
  metadata(): Promise<Metadata>;
  /**
   * The key with this id (without an id any suitable one) for signatures by `alg`; undefined if there is none. Fetches the keys
   * again when they are older than the service's `max-age` or five minutes, and for an unknown key: one request for all
   * callers, at most every 10 seconds. While the service does not answer, the cached keys stay in use. Throws as `metadata`
   * when it does not answer and no such key is cached.
   */
  key(kid: string | undefined, alg: string): Promise<Jwk | undefined>;
  /** Fetches the keys now, for example after a leak: retired ones are dropped. Throws as `metadata`. */
  reloadKeys(): Promise<void>;
}

/** The issuer, and how to reach it. */
export interface DiscoveryOptions {
  /** The issuer identifier, exactly as the service has it: `https://login.example.com`. */
  readonly issuer: string;
  readonly fetch?: Fetch | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Fetched keys and the time of the request, from which their age counts. */
interface HeldKeys {
  readonly list: readonly Jwk[];
  readonly at: number;
  readonly lifetime: number;
}

/** Sends no request until it is used. */
export function createDiscovery({ issuer, fetch = platformFetch, now = Date.now }: DiscoveryOptions): Discovery {
  let found: Promise<Metadata> | undefined;
  // All logins share this response: an issuer that never answers must not block them.
  const metadata = () =>
    (found ??= ask(fetch, wellKnown(issuer), deadline(10_000))
      .then((response) => read(response))
      .then((members) => checked(members, issuer))
      .catch((error: unknown) => {
        found = undefined;
        throw error;
      }));
  let held: HeldKeys = { list: [], at: 0, lifetime: 0 };
  let failure: unknown;
  let triedAt = -Infinity;
  let fetching: Promise<void> | undefined;
  // Absolute, as the clock may have been set back.
  const age = (at: number) => Math.abs(now() - at);
  const fetchKeys = async () => {
    const at = now();
    try {
      // Short, because API requests wait for it.
      const response = await ask(fetch, (await metadata()).jwks_uri, deadline(5_000));
      const { keys } = await read(response);
      if (!Array.isArray(keys)) throw new TesseraError('metadata_invalid');
      const list = keys.filter((each): each is Jwk => typeof (each as Partial<Jwk> | null)?.kty === 'string');
      held = { list, at, lifetime: lifetimeOf(response) };
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    triedAt = now();
    fetching = undefined;
  };
  const fetched = () => (fetching ??= fetchKeys());
  return {
    issuer,
    metadata,
    async key(kid, alg) {
      const find = () =>
        held.list.find(
          (key) => (kid === undefined || key.kid === kid) && (key.alg ?? alg) === alg && (key.use ?? 'sig') === 'sig',
        );
      // Made-up key ids cause few requests, whether or not the service answers. A lifetime of NaN caches nothing.
      if ((!(age(held.at) < held.lifetime) || !find()) && age(triedAt) >= 10_000) await fetched();
      const key = find();
      if (!key && failure) throw failure;
      return key;
    },
    async reloadKeys() {
      // A request under way may have been answered before the keys were retired.
      await fetching;
      await fetched();
      if (failure) throw failure;
    },
  };
}

/** Milliseconds that a response is cached: a minute by default, at most five. Source: RFC 9111 §4.2. */
function lifetimeOf({ headers }: Response): number {
  const [, maxAge = 60] = /max-age="?(\d+)/i.exec(headers.get('cache-control') ?? '') ?? [];
  return Math.min(300, Number(maxAge) - Number(headers.get('age'))) * 1000;
}

/** Source: OpenID Connect Discovery 1.0 §4.1. */
const wellKnown = (issuer: string) => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/** Throws unless the metadata names this issuer: prevents mix-ups between servers. Source: RFC 8414 §3.3. */
function checked(metadata: Members, issuer: string): Metadata {
  if (metadata['issuer'] !== issuer) throw new TesseraError('metadata_invalid');
  const names = ['authorization_endpoint', 'token_endpoint', 'jwks_uri', ...Object.keys(metadata)];
  // The browser is sent to some of these URLs: another scheme may be a script, or unencrypted.
  const scheme = issuer.startsWith('http:') ? /^https?:/ : /^https:/;
  for (const name of names.filter((each) => /_endpoint$|^jwks_uri$/.test(each))) {
    if (!scheme.test(String(metadata[name]))) throw new TesseraError('metadata_invalid', `There is no ${name}`);
  }
  return metadata as Members & Metadata;
}
