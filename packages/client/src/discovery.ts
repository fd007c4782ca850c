import { ask, deadline, type Fetch, type Members, platformFetch, read } from './answer.ts';
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

/** The service's metadata, which is fetched once, and its keys. Share one between the clients of a process. */
export interface Discovery {
  readonly issuer: string;
  /** Throws `service_unreachable` or `metadata_invalid`; the next call tries again then. */
  metadata(): Promise<Metadata>;
  /**
   * The key with that id (any that fits without one) for signatures by `alg`; undefined where there is none. The keys are
   * asked for again when they are older than the service says (`max-age`) or than five minutes, and for one that is not
   * known: by one request for all who wait, every 10 seconds at most. While the service does not answer, those that are held
   * stay in use. Throws as `metadata` does, where it did not and no such key is held.
   */
  key(kid: string | undefined, alg: string): Promise<Jwk | undefined>;
  /** Asks for the keys now, as after a leak: those that the service has retired are not held from then on. Throws as `metadata`. */
  reloadKeys(): Promise<void>;
}

/** Of whom, and by what. */
export interface DiscoveryOptions {
  /** The issuer identifier, exactly as the service has it: `https://login.example.com`. */
  readonly issuer: string;
  readonly fetch?: Fetch | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** The keys of one answer, and when it was asked for: no older than what it says, however long it took. */
interface HeldKeys {
  readonly list: readonly Jwk[];
  readonly at: number;
  readonly lifetime: number;
}

/** Asks nobody yet: the first call of what it returns does. */
export function createDiscovery({ issuer, fetch = platformFetch, now = Date.now }: DiscoveryOptions): Discovery {
  let found: Promise<Metadata> | undefined;
  // All who log in wait for the same answer: an issuer that keeps the connection and says nothing must not keep them.
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
  // A clock that was put back makes nothing younger.
  const age = (at: number) => Math.abs(now() - at);
  const fetchKeys = async () => {
    const at = now();
    try {
      // Requests that could be served without wait for it.
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
      // Key ids that are made up cost few requests, whether or not the service answers. Of a lifetime that is NaN nothing is kept.
      if ((!(age(held.at) < held.lifetime) || !find()) && age(triedAt) >= 10_000) await fetched();
      const key = find();
      if (!key && failure) throw failure;
      return key;
    },
    async reloadKeys() {
      // What is under way may have been answered before the keys were retired.
      await fetching;
      await fetched();
      if (failure) throw failure;
    },
  };
}

/** Milliseconds for which an answer is taken: a minute where it does not say, and five at most. Source: RFC 9111 §4.2. */
function lifetimeOf({ headers }: Response): number {
  const [, maxAge = 60] = /max-age="?(\d+)/i.exec(headers.get('cache-control') ?? '') ?? [];
  return Math.min(300, Number(maxAge) - Number(headers.get('age'))) * 1000;
}

/** Source: OpenID Connect Discovery 1.0 §4.1. */
const wellKnown = (issuer: string) => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/** Throws unless it is the metadata of this very issuer, which keeps servers apart. Source: RFC 8414 §3.3. */
function checked(metadata: Members, issuer: string): Metadata {
  if (metadata['issuer'] !== issuer) throw new TesseraError('metadata_invalid');
  const names = ['authorization_endpoint', 'token_endpoint', 'jwks_uri', ...Object.keys(metadata)];
  // The browser is sent to some of them: a URL of another scheme may be a script, or go in the clear.
  const scheme = issuer.startsWith('http:') ? /^https?:/ : /^https:/;
  for (const name of names.filter((each) => /_endpoint$|^jwks_uri$/.test(each))) {
    if (!scheme.test(String(metadata[name]))) throw new TesseraError('metadata_invalid', `There is no ${name}`);
  }
  return metadata as Members & Metadata;
}
