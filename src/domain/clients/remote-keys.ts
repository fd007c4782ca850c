import { Injectable } from '@nestjs/common';
import { errors, type JWTVerifyGetKey } from 'jose';
import { Clock } from '../../platform/clock';
import { freshness } from '../../platform/outbound/cache-control';
import { HttpError } from '../../platform/http/http-error';
import { parseJson } from '../../platform/http/json';
import { type NamedBy, Outbound, type OutboundAnswer } from '../../platform/outbound/outbound';
import { OutboundError } from '../../platform/outbound/outbound-failure';
import { BoundedCache, bytesOf } from './bounded-cache';
import { keyFinder } from './key-finder';
import { bytesOfKey, usableKeys } from './usable-keys';

const limits = { accept: ['application/json', 'application/jwk-set+json'], atMost: 32 * 1024, within: 3_000 } as const;
/** Seconds that a key set is used at most: a key that its client removed must stop working. */
const keptAtMost = 3_600;
/** Milliseconds between two fetches of a set for an unknown key, or after a failed fetch. */
const fetchedEveryMs = 30_000;
/** Applies to each kind of client separately: self-registered clients must not evict an administrator's. */
const remembered = { entries: 500, bytes: 24 * 1024 * 1024 };
/** Milliseconds that an outdated key set is still used while its host does not answer. */
const staleUseMs = 600_000;

const retryAfterSeconds = '5';

const none = { find: undefined, bytes: 1_024 };

interface FetchedKeys {
  /** Undefined when the fetch failed. */
  readonly find: JWTVerifyGetKey | undefined;
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
  readonly freshUntil: number;
  /** Approximate size in memory. */
  readonly bytes: number;
}

/** The key sets that clients serve themselves, cached in this process. Source: RFC 7517 §5, RFC 7591 §2, `jwks_uri`. */
@Injectable()
export class RemoteKeys {
  private readonly fetched: Readonly<Record<NamedBy, BoundedCache<FetchedKeys>>> = {
    us: new BoundedCache(remembered),
    untrusted: new BoundedCache(remembered),
  };
  private readonly underWay = new Map<string, Promise<FetchedKeys>>();

  constructor(
    private readonly outbound: Outbound,
    private readonly clock: Clock,
  ) {}

  /**
   * Finds the key that a JWS header names in the set at the URI. Fetches the set when it is unknown, outdated or, at intervals,
   * lacks the key. Throws: a JOSEError when there is no such key or no set; 503 while too many fetches run.
   */
  at(uri: string, namedBy: NamedBy): JWTVerifyGetKey {
    return async (header, token) => {
      const known = await this.setAt(uri, namedBy);
      try {
        return await found(known)(header, token);
      } catch (error) {
        // A client that rotated its keys signs with one that we have not seen yet.
        const isNew = error instanceof errors.JWKSNoMatchingKey && this.mayFetch(known);
        if (!isNew) throw error;
        return found(await this.fetch(uri, namedBy))(header, token);
      }
    };
  }

  private async setAt(uri: string, namedBy: NamedBy): Promise<FetchedKeys> {
    const known = this.fetched[namedBy].get(uri);
    if (known !== undefined && (known.freshUntil > this.clock.now() || !this.mayFetch(known))) return known;
    return this.fetch(uri, namedBy);
  }

  private mayFetch({ fetchedAt }: FetchedKeys): boolean {
    return this.clock.now() - fetchedAt >= fetchedEveryMs;
  }

  /** Concurrent requests share one fetch. */
  private async fetch(uri: string, namedBy: NamedBy): Promise<FetchedKeys> {
    const key = `${namedBy} ${uri}`;
    const underWay = this.underWay.get(key);
    if (underWay !== undefined) return underWay;
    const fetching = this.read(uri, namedBy);
    this.underWay.set(key, fetching);
    try {
      return await fetching;
    } finally {
      this.underWay.delete(key);
    }
  }

  private async read(uri: string, namedBy: NamedBy): Promise<FetchedKeys> {
    const fetchedAt = this.clock.now();
    const answer = await this.answerOf(uri, namedBy);
    const { find, bytes } = answer === undefined ? none : finderIn(answer.text);
    const before = this.fetched[namedBy].get(uri);
    // Otherwise an untrusted request with an unknown key could lock out a client whose host does not answer.
    const isKept = find === undefined && before?.find !== undefined && before.freshUntil + staleUseMs > fetchedAt;
    const lasts = find === undefined ? 0 : freshness(answer?.cacheControl, keptAtMost) * 1000;
    const keys = isKept ? { ...before, fetchedAt } : { find, bytes, fetchedAt, freshUntil: fetchedAt + lasts };
    this.remember(this.fetched[namedBy], uri, keys);
    return keys;
  }

  /** Undefined when the fetch failed. Our own limit says nothing about the host, so it is not cached. */
  private async answerOf(url: string, namedBy: NamedBy): Promise<OutboundAnswer | undefined> {
    try {
      return await this.outbound.fetch({ ...limits, url, namedBy });
    } catch (error) {
      if (error instanceof OutboundError && error.failure === 'busy')
        throw new HttpError('keys_unavailable', { headers: { 'retry-after': retryAfterSeconds } });
      return undefined;
    }
  }

  private remember(fetched: BoundedCache<FetchedKeys>, uri: string, keys: FetchedKeys): void {
    const oldest = keys.fetchedAt - keptAtMost * 1000 - staleUseMs;
    fetched.forgetOldestWhile(({ fetchedAt }) => fetchedAt < oldest);
    fetched.set(uri, keys, keys.bytes + bytesOf(uri));
  }
}

function found({ find }: FetchedKeys): JWTVerifyGetKey {
  if (find === undefined) throw new errors.JWKSInvalid('The key set cannot be had');
  return find;
}

/** Without a finder when the text is no key set. */
function finderIn(text: string): Pick<FetchedKeys, 'find' | 'bytes'> {
  const set = usableKeys(parsed(text));
  if (set === undefined) return none;
  return { find: keyFinder(set), bytes: bytesOf(set) + bytesOfKey * set.keys.length };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
