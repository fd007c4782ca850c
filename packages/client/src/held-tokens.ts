import { type Members, membersOf, read } from './answer.ts';
import type { ClientOptions } from './client-options.ts';
import type { Discovery } from './discovery.ts';
import { TesseraError } from './errors.ts';
import { checkedTokens } from './id-token.ts';
import type { Requests } from './requests.ts';
import type { ClientStorage } from './storage.ts';
import { type TokenSet, tokenSetOf } from './tokens.ts';
import type { WebCrypto } from './web-crypto.ts';

/** An access token that expires within this is refreshed before it is used. */
const marginMs = 30_000;
/**
 * A refresh whose answer was lost is tried again for so long. The service answers a repeat within `refresh_token_grace` (10 s
 * by default) with the same successor, and takes a later one for theft. Source: docs/http-api.md, section PKCE model.
 */
const repeatMs = 9_000;

/** What the tokens of a client need of it. */
export interface Surroundings {
  readonly options: ClientOptions;
  readonly discovery: Discovery;
  readonly requests: Requests;
  readonly storage: ClientStorage;
  readonly crypto: WebCrypto;
  readonly now: () => number;
  /** Under the lock that all have who share the storage. */
  readonly locked: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** The tokens of one login: kept, refreshed and ended under a lock. */
export class HeldTokens {
  readonly #key: string;
  readonly #in: Surroundings;

  constructor(key: string, surroundings: Surroundings) {
    this.#key = key;
    this.#in = surroundings;
  }

  /** Of a new login. */
  replace(tokens: TokenSet): Promise<void> {
    return this.#locked(() => this.#save(tokens));
  }

  /** Whether what is held, by whatever tab, came of this login. */
  isOf(state: string): Promise<boolean> {
    return this.#locked(async () => (await this.#held())?.login === state);
  }

  /** What is held, as long as it is good for something: without a refresh token, until the access token expires. */
  async find(): Promise<TokenSet | undefined> {
    const held = await this.#held();
    return held?.refreshToken === undefined && (held?.expiresAt ?? 0) <= this.#in.now() ? undefined : held;
  }

  /** Also what expired: its ID token says whose session a logout ends. */
  async #held(): Promise<TokenSet | undefined> {
    // What somebody else put there is no login.
    return membersOf((await this.#in.storage.get(this.#key)) ?? '') as TokenSet | undefined;
  }

  async #found(): Promise<TokenSet> {
    const held = await this.find();
    if (held === undefined) throw missing();
    return held;
  }

  /** The tokens, refreshed where they must be. */
  async good(): Promise<TokenSet> {
    const held = await this.#found();
    const left = held.expiresAt - this.#in.now();
    if (left > marginMs || held.refreshToken === undefined) return held;
    try {
      return await this.refreshOf(held);
    } catch (error) {
      // Without a connection, what is still good is used.
      if (left > 0 && isPassing(error)) return held;
      throw error;
    }
  }

  async refresh(): Promise<TokenSet> {
    return this.refreshOf(await this.#found());
  }

  /** One rotation for all who hold the same tokens: whoever comes second finds what the first one brought. */
  refreshOf({ accessToken }: TokenSet): Promise<TokenSet> {
    // Before the lock: whoever held it for so long may have sent the same refresh token then.
    const begun = performance.now();
    return this.#locked(async () => {
      const held = await this.#found();
      if (held.accessToken !== accessToken) return held;
      const rotated = await this.#rotate(held, begun).catch(async (error: unknown) => {
        if (isOver(error)) await this.#follow(held);
        throw error;
      });
      if (rotated === undefined) return this.#found();
      const { response, answer } = rotated;
      // What the answer leaves out stays as it is. Source: RFC 6749 §6.
      const fresh = tokenSetOf(answer, this.#in.now(), held.scope.join(' '));
      const kept = { ...held, ...fresh };
      // Kept before anything is checked: the refresh token that it follows is spent.
      const current = await this.#follow(held, kept);
      if (current !== kept || fresh.idToken === undefined) return current;
      const expected = { clientId: this.#in.options.clientId, former: held.claims };
      return this.#follow(kept, await checkedTokens(kept, response, expected, this.#in));
    });
  }

  /**
   * Has tokens, or none, take the place of others, and answers with what is held then: who did not wait for this tab may have
   * logged in or out meanwhile, and that stays.
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
   * Asks again for an answer that was lost, as long as the service takes that for a repeat; `begun` by `performance`. Undefined
   * where a tab that did not wait for this one has brought other tokens: after them, the same request would end the login.
   */
  async #rotate(
    held: TokenSet,
    begun: number,
  ): Promise<{ readonly response: Response; readonly answer: Members } | undefined> {
    const { refreshToken } = held;
    if (refreshToken === undefined) throw missing();
    const { token_endpoint: url } = await this.#in.discovery.metadata();
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const isOffline = (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false;
    let isLost = false;
    for (let pause = 100; ; pause *= 2) {
      try {
        // Whoever gives up early has time to ask again; the last try waits for as long as it takes.
        const ms = performance.now() - begun < repeatMs / 2 ? 4_000 : 20_000;
        const response = await this.#in.requests.post(url, form, ms);
        return { response, answer: await read(response) };
      } catch (error) {
        // After a lost answer, one of an overloaded server or of a proxy leaves it as lost as it was.
        isLost ||= isPassing(error) && error.code !== 'temporarily_unavailable';
        // What was never sent needs no repeat.
        if (isOffline || !isLost || isOver(error) || performance.now() - begun + pause > repeatMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
        if ((await this.#follow(held, held)) !== held) return undefined;
      }
    }
  }

  /** Forgets the tokens, and has them revoked; answers with what was held. */
  end(isLenient = false): Promise<TokenSet | undefined> {
    return this.#locked(async () => {
      const held = await this.#held();
      if (held === undefined) return undefined;
      await this.#in.storage.remove(this.#key);
      try {
        const { revocation_endpoint: url } = await this.#in.discovery.metadata();
        if (url === undefined) return held;
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

  /** Others may have written meanwhile: that is brought in before anything is read. */
  #locked<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#in.locked(async () => {
      await this.#in.storage.sync?.(this.#key);
      return work();
    });
  }
}

/** What another try may find gone; what is held is still good. */
export function isPassing(error: unknown): error is TesseraError {
  return ['service_unreachable', 'server_error', 'temporarily_unavailable'].includes((error as TesseraError).code);
}

/** The grant has ended, or the key that it is bound to is gone: its tokens are worth nothing, here or to anybody. */
function isOver(error: unknown): boolean {
  const { code, reason } = error as TesseraError;
  return code === 'invalid_grant' || reason === 'dpop_key_mismatch';
}

const missing = () => new TesseraError('tokens_missing', 'Nobody is logged in');
