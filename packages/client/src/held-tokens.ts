import { type Members, membersOf, read } from './answer.ts';
import type { ClientOptions } from './client-options.ts';
import type { Discovery } from './discovery.ts';
import { TesseraError } from './errors.ts';
import { checkedTokens } from './id-token.ts';
import type { Requests } from './requests.ts';
import type { ClientStorage } from './storage.ts';
import { type TokenSet, tokenSetOf } from './tokens.ts';
import { watchedSession, type WatchedSession } from './watched-session.ts';
import type { WebCrypto } from './web-crypto.ts';

/** Milliseconds: an access token that expires within this time is refreshed before it is used. */
const marginMs = 30_000;
/**
 * Milliseconds for which a refresh with a lost response is retried. The service answers a retry within `refresh_token_grace`
 * (10 s by default) with the same successor, and treats a later one as theft. Source: docs/http-api.md, section PKCE model.
 */
const repeatMs = 9_000;

/** What a client's tokens need from it. */
export interface Surroundings {
  readonly options: ClientOptions;
  readonly discovery: Discovery;
  readonly requests: Requests;
  readonly storage: ClientStorage;
  readonly crypto: WebCrypto;
  readonly now: () => number;
  /** Runs work under the lock shared by all users of the storage. */
  readonly locked: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** The tokens of one login: stored, refreshed and ended under a lock. */
export interface HeldTokens {
  /** Whoever watches them. */
  readonly session: WatchedSession;
  /** For a new login. */
  replace(tokens: TokenSet): Promise<void>;
  /** Whether the stored tokens, by whatever tab, are from this login. */
  isOf(state: string): Promise<boolean>;
  /** The tokens while they are usable: without a refresh token, until the access token expires. */
  find(): Promise<TokenSet | undefined>;
  /** Usable tokens, refreshed if necessary. */
  good(): Promise<TokenSet>;
  refresh(): Promise<TokenSet>;
  /** One rotation for all users of the same tokens: the second one finds the result of the first. */
  refreshOf(tokens: TokenSet): Promise<TokenSet>;
  /** Deletes and revokes the tokens; returns them. */
  end(isLenient?: boolean): Promise<TokenSet | undefined>;
}

/** Under this key of the storage. */
export function heldTokens(key: string, surroundings: Surroundings): HeldTokens {
  const { options, discovery, requests, storage, now, locked } = surroundings;

  /** Even if expired: their ID token names the session to log out. */
  const stored = async (): Promise<TokenSet | undefined> =>
    // Anything else in the storage is not a login.
    membersOf((await storage.get(key)) ?? '') as TokenSet | undefined;

  const find = async () => {
    const held = await stored();
    return held?.refreshToken === undefined && (held?.expiresAt ?? 0) <= now() ? undefined : held;
  };
  const session = watchedSession(find, storage, now);

  const found = async () => {
    const held = await find();
    if (!held) throw missing();
    return held;
  };

  const save = async (tokens: TokenSet, cause?: 'login') => {
    await storage.set(key, JSON.stringify(tokens));
    await session.check(cause);
  };

  /** Others may have written meanwhile: their changes are read first. */
  const withLock = <Result>(work: () => Promise<Result>) =>
    locked(async () => {
      await storage.sync?.(key);
      return work();
    });

  const refreshOf = ({ accessToken }: TokenSet): Promise<TokenSet> => {
    // Before the lock: its former owner may have sent the same refresh token then.
    const begun = performance.now();
    return withLock(async () => {
      const held = await found();
      if (held.accessToken !== accessToken) return held;
      const rotated = await rotate(held, begun).catch(async (error: unknown) => {
        if (isOver(error)) {
          await follow(held);
          await session.check('expiry', error);
        }
        throw error;
      });
      if (!rotated) return found();
      const { response, answer } = rotated;
      // Members that the response omits stay unchanged. Source: RFC 6749 §6.
      const fresh = tokenSetOf(answer, now(), held.scope.join(' '));
      const kept = { ...held, ...fresh };
      // Stored before any check: the previous refresh token is consumed.
      const current = await follow(held, kept);
      if (current !== kept || fresh.idToken === undefined) return current;
      const expected = { clientId: options.clientId, former: held.claims };
      return follow(kept, await checkedTokens(kept, response, expected, surroundings));
    });
  };

  /**
   * Replaces the tokens by others or none, and returns those stored afterwards: a tab that did not wait for this one may have
   * logged in or out meanwhile, and that wins.
   */
  const follow = async ({ accessToken }: TokenSet, next?: TokenSet): Promise<TokenSet> => {
    await storage.sync?.(key);
    const held = await found();
    if (held.accessToken !== accessToken) return held;
    if (next === undefined) await storage.remove(key);
    else await save(next);
    return next ?? held;
  };

  /**
   * Retries while the service counts that as a retry; `begun` by `performance`. Undefined when a tab that did not wait has
   * stored other tokens: the same request would then end the login.
   */
  const rotate = async (
    held: TokenSet,
    begun: number,
  ): Promise<{ readonly response: Response; readonly answer: Members } | undefined> => {
    const { refreshToken } = held;
    if (!refreshToken) throw missing();
    const { token_endpoint: url } = await discovery.metadata();
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const isOffline = (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false;
    let isLost = false;
    for (let pause = 100; ; pause *= 2) {
      try {
        // A short first timeout leaves time for a retry; the last attempt waits as long as it takes.
        const ms = performance.now() - begun < repeatMs / 2 ? 4_000 : 20_000;
        const response = await requests.post(url, form, ms);
        return { response, answer: await read(response) };
      } catch (error) {
        // After a lost response, an error of an overloaded server or proxy leaves its outcome unknown.
        isLost ||= isPassing(error) && error.code !== 'temporarily_unavailable';
        // A request that was never sent needs no retry.
        if (isOffline || !isLost || isOver(error) || performance.now() - begun + pause > repeatMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
        if ((await follow(held, held)) !== held) return undefined;
      }
    }
  };

  return {
    session,
    replace: (tokens) => withLock(() => save(tokens, 'login')),
    isOf: (state) => withLock(async () => (await stored())?.login === state),
    find,
    async good() {
      const held = await found();
      const left = held.expiresAt - now();
      if (left > marginMs || !held.refreshToken) return held;
      try {
        return await refreshOf(held);
      } catch (error) {
        // Offline, a token that is still valid is used.
        if (left > 0 && isPassing(error)) return held;
        throw error;
      }
    },
    refresh: async () => refreshOf(await found()),
    refreshOf,
    end: (isLenient = false) =>
      withLock(async () => {
        const held = await stored();
        if (!held) return undefined;
        await storage.remove(key);
        await session.check('logout');
        try {
          const { revocation_endpoint: url } = await discovery.metadata();
          if (!url) return held;
          const response = await requests.post(url, { token: held.refreshToken ?? held.accessToken });
          if (!response.ok) await read(response);
        } catch (error) {
          if (!isLenient) throw error;
        } finally {
          await options.dpop?.forget();
        }
        return held;
      }),
  };
}

/** True for a temporary failure, after which the tokens are still good. */
export function isPassing(error: unknown): error is TesseraError {
  return ['service_unreachable', 'server_error', 'temporarily_unavailable'].includes((error as TesseraError).code);
}

/** The grant has ended or its key is gone: its tokens are worthless. */
function isOver(error: unknown): error is TesseraError {
  const { code, reason } = error as TesseraError;
  return code === 'invalid_grant' || reason === 'dpop_key_mismatch';
}

const missing = () => new TesseraError('tokens_missing', 'Nobody is logged in');
