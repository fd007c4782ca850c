import { type Members, membersOf, read } from './answer.ts';
import type { ClientOptions } from './client-options.ts';
import type { Discovery } from './discovery.ts';
import { TesseraError } from './errors.ts';
import { checkedTokens, type ExpectedIdToken } from './id-token.ts';
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
interface Surroundings {
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
    return this.#locked(async () => (await this.find())?.login === state);
  }

  async find(): Promise<TokenSet | undefined> {
    // What somebody else put there is no login.
    return membersOf((await this.#in.storage.get(this.#key)) ?? '') as TokenSet | undefined;
  }

  /** The tokens, refreshed where they must be. */
  async good(): Promise<TokenSet> {
    const held = await this.find();
    if (held === undefined) throw missing();
    const left = held.expiresAt - this.#in.now();
    if (left > marginMs || (left > 0 && held.refreshToken === undefined)) return held;
    try {
      return await this.refreshOf(held);
    } catch (error) {
      // Without a connection, what is still good is used.
      if (left > 0 && isPassing(error)) return held;
      throw error;
    }
  }

  async refresh(): Promise<TokenSet> {
    const held = await this.find();
    if (held === undefined) throw missing();
    return this.refreshOf(held);
  }

  /** One rotation for all who hold the same tokens: whoever comes second finds what the first one brought. */
  refreshOf({ accessToken }: TokenSet): Promise<TokenSet> {
    return this.#locked(async () => {
      const held = await this.find();
      if (held === undefined) throw missing();
      if (held.accessToken !== accessToken) return held;
      const { refreshToken, claims } = held;
      if (refreshToken === undefined) throw missing();
      const { response, answer } = await this.#rotate(refreshToken).catch(async (error: unknown) => {
        if (isOver(error)) await this.#in.storage.remove(this.#key);
        throw error;
      });
      // What the answer leaves out stays as it is. Source: RFC 6749 §6.
      const fresh = tokenSetOf(answer, this.#in.now());
      // Kept before anything is checked: the refresh token that it follows is spent.
      const kept = { ...held, ...fresh, ...(fresh.scope.length === 0 && { scope: held.scope }) };
      await this.#save(kept);
      if (fresh.idToken === undefined) return kept;
      const renewed = await this.checked(kept, response, { former: claims });
      await this.#save(renewed);
      return renewed;
    });
  }

  /** Asks again for an answer that was lost, as long as the service takes that for a repeat. */
  async #rotate(refreshToken: string): Promise<{ readonly response: Response; readonly answer: Members }> {
    const { token_endpoint: url } = await this.#in.discovery.metadata();
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const begun = performance.now();
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
      }
    }
  }

  /** With the claims of the ID token that came with the answer. */
  checked(
    tokens: TokenSet,
    response: Response,
    expected: Pick<ExpectedIdToken, 'nonce' | 'maxAge' | 'former'>,
  ): Promise<TokenSet> {
    const { options, discovery, crypto } = this.#in;
    return checkedTokens(tokens, response, { ...expected, clientId: options.clientId }, discovery, crypto);
  }

  /** Forgets the tokens, and has them revoked; answers with what was held. */
  end(isLenient = false): Promise<TokenSet | undefined> {
    return this.#locked(async () => {
      const held = await this.find();
      if (held === undefined) return undefined;
      await this.#in.storage.remove(this.#key);
      try {
        const { revocation_endpoint: url } = await this.#in.discovery.metadata();
        const token = held.refreshToken ?? held.accessToken;
        const response = url === undefined ? undefined : await this.#in.requests.post(url, { token });
        if (response?.ok === false) await read(response);
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
function isPassing(error: unknown): error is TesseraError {
  return (
    error instanceof TesseraError &&
    ['service_unreachable', 'server_error', 'temporarily_unavailable'].includes(error.code)
  );
}

/** The grant has ended, or the key that it is bound to is gone: its tokens are worth nothing, here or to anybody. */
function isOver(error: unknown): boolean {
  return error instanceof TesseraError && (error.code === 'invalid_grant' || error.reason === 'dpop_key_mismatch');
}

const missing = () => new TesseraError('tokens_missing', 'Nobody is logged in');
