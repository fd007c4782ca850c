import { type Members, membersOf, read } from './answer.ts';
import type { ClientOptions } from './client-options.ts';
import type { Discovery } from './discovery.ts';
import { passing, TesseraError } from './errors.ts';
import { checkedTokens } from './id-token.ts';
import type { Requests } from './requests.ts';
import type { ClientStorage } from './storage.ts';
import { type TokenSet, tokenSetOf } from './tokens.ts';
import type { WebCrypto } from './web-crypto.ts';

/** Milliseconds: an access token that expires within this time is refreshed before it is used. */
export const marginMs = 30_000;
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
export class HeldTokens {
  readonly #key: string;
  readonly #in: Surroundings;

  constructor(key: string, surroundings: Surroundings) {
    this.#key = key;
    this.#in = surroundings;
  }

  /** For a new login. */
  replace(tokens: TokenSet): Promise<void> {
    return this.#locked(() => this.#save(tokens));
  }

  /** Whether the stored tokens, by whatever tab, are from this login. */
  isOf(state: string): Promise<boolean> {
    return this.#locked(async () => (await this.#held())?.login === state);
  }

  /** The tokens while they are usable: without a refresh token, until the access token expires. */
  async find(): Promise<TokenSet | undefined> {
    const held = await this.#held();
    return held?.refreshToken === undefined && (held?.expiresAt ?? 0) <= this.#in.now() ? undefined : held;
  }

  /** Even if expired: their ID token names the session to log out. */
  async #held(): Promise<TokenSet | undefined> {
    // Anything else in the storage is not a login.
    return membersOf((await this.#in.storage.get(this.#key)) ?? '') as TokenSet | undefined;
  }

  async #found(): Promise<TokenSet> {
    const held = await this.find();
    if (!held) throw missing();
    return held;
  }

  /** Usable tokens, refreshed if necessary. */
  async good(): Promise<TokenSet> {
    const held = await this.#found();
    const left = held.expiresAt - this.#in.now();
    if (left > marginMs || !held.refreshToken) return held;
    try {
      return await this.refreshOf(held);
    } catch (error) {
      // Offline, a token that is still valid is used.
      if (left > 0 && isPassing(error)) return held;
      throw error;
    }
  }

  async refresh(): Promise<TokenSet> {
    return this.refreshOf(await this.#found());
  }

  /** One rotation for all users of the same tokens: the second one finds the result of the first. */
  refreshOf({ accessToken }: TokenSet): Promise<TokenSet> {
    // Before the lock: its former owner may have sent the same refresh token then.
    const begun = performance.now();
    return this.#locked(async () => {
      const held = await this.#found();
      if (held.accessToken !== accessToken) return held;
      const rotated = await this.#rotate(held, begun).catch(async (error: unknown) => {
        if (isOver(error)) await this.#follow(held);
        throw error;
      });
      if (!rotated) return this.#found();
      const { response, answer } = rotated;
      // Members that the response omits stay unchanged. Source: RFC 6749 §6.
      const fresh = tokenSetOf(answer, this.#in.now(), held.scope.join(' '));
      const kept = { ...held, ...fresh };
      // Stored before any check: the previous refresh token is consumed.
      const current = await this.#follow(held, kept);
      if (current !== kept || fresh.idToken === undefined) return current;
      const expected = { clientId: this.#in.options.clientId, former: held.claims };
      return this.#follow(kept, await checkedTokens(kept, response, expected, this.#in));
    });
  }

  /**
   * Replaces the tokens by others or none, and returns those stored afterwards: a tab that did not wait for this one may have
   * logged in or out meanwhile, and that wins.
   */
  async #follow({ accessToken }: TokenSet, next?: TokenSet): Promise<TokenSet> {
    await this.#in.storage.sync?.(this.#key);
    const held = await this.#found();
    if (held.accessToken !== accessToken) return held;
    if (next === undefined) await this.#in.storage.remove(this.#key);
    else await this.#save(next);
    return next ?? held;
  }

  /**
   * Retries while the service counts that as a retry; `begun` by `performance`. Undefined when a tab that did not wait has
   * stored other tokens: the same request would then end the login.
   */
  async #rotate(
    held: TokenSet,
    begun: number,
  ): Promise<{ readonly response: Response; readonly answer: Members } | undefined> {
    const { refreshToken } = held;
    if (!refreshToken) throw missing();
    const { token_endpoint: url } = await this.#in.discovery.metadata();
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const isOffline = (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false;
    let isLost = false;
    for (let pause = 100; ; pause *= 2) {
      try {
        // A short first timeout leaves time for a retry; the last attempt waits as long as it takes.
        const ms = performance.now() - begun < repeatMs / 2 ? 4_000 : 20_000;
        const response = await this.#in.requests.post(url, form, ms);
        return { response, answer: await read(response) };
      } catch (error) {
        // After a lost response, an error of an overloaded server or proxy leaves its outcome unknown.
        isLost ||= isPassing(error) && error.code !== 'temporarily_unavailable';
        // A request that was never sent needs no retry.
        if (isOffline || !isLost || isOver(error) || performance.now() - begun + pause > repeatMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
        if ((await this.#follow(held, held)) !== held) return undefined;
      }
    }
  }

  /** Deletes and revokes the tokens; returns them. */
  end(isLenient = false): Promise<TokenSet | undefined> {
    return this.#locked(async () => {
      const held = await this.#held();
      if (!held) return undefined;
      await this.#in.storage.remove(this.#key);
      try {
        const { revocation_endpoint: url } = await this.#in.discovery.metadata();
        if (!url) return held;
        const response = await this.#in.requests.post(url, { token: held.refreshToken ?? held.accessToken });
        if (!response.ok) await read(response);
      } catch (error) {
        if (!isLenient) throw error;
      } finally {
        await this.#in.options.dpop?.forget();
      }
      return held;
    });
  }

  async #save(tokens: TokenSet): Promise<void> {
    await this.#in.storage.set(this.#key, JSON.stringify(tokens));
  }

  /** Others may have written meanwhile: their changes are read first. */
  #locked<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#in.locked(async () => {
      await this.#in.storage.sync?.(this.#key);
      return work();
    });
  }
}

/** True for a temporary failure, after which the tokens are still good. */
export function isPassing(error: unknown): error is TesseraError {
  return passing.test((error as TesseraError).code);
}

/** The grant has ended or its key is gone: its tokens are worthless. */
export function isOver(error: unknown): boolean {
  const { code, reason } = error as TesseraError;
  return code === 'invalid_grant' || reason === 'dpop_key_mismatch';
}

const missing = () => new TesseraError('tokens_missing', 'Nobody is logged in');
