/** `@tessera/client/machine`: access tokens and `fetch` for a client that acts for itself. */
import { platformFetch, read } from './answer.ts';
import { createClient } from './client.ts';
import type { Client, ClientOptions } from './client-options.ts';
import { createDiscovery } from './discovery.ts';
import { TesseraError } from './errors.ts';
import { isPassing, marginMs } from './held-tokens.ts';
import { processLocks } from './locks.ts';
import { isStream, repeatable, Requests } from './requests.ts';
import { stepUpOf } from './step-up.ts';
import { memoryStorage } from './storage.ts';
import { type TokenSet, tokenSetOf } from './tokens.ts';

/** A confidential client that is registered with the grant type `client_credentials`. */
export interface ClientCredentialsOptions extends Pick<
  ClientOptions,
  'issuer' | 'clientId' | 'clientSecret' | 'authenticate' | 'origins' | 'dpop' | 'discovery' | 'fetch' | 'now'
> {
  /** Names separated by spaces; by default whatever the client may have. */
  readonly scope?: string | undefined;
  /** Identifier of the API that the token is for; by default the client's default API. Source: RFC 8707. */
  readonly resource?: string | undefined;
}

/** A client that acts for itself, not for an end-user. */
export interface MachineClient {
  /**
   * An access token valid for at least 30 seconds; concurrent callers share one request. While the service does not answer it is
   * the former one, as long as that is valid. Throws {@link TesseraError}, with the service's code, such as `invalid_client`.
   */
  accessToken(): Promise<string>;
  /**
   * `fetch` with the access token, and a DPoP proof if it is bound to a key. After a 401 the request is repeated once with a new
   * token, unless its body is a stream. Every response is returned, errors too. Throws `configuration_invalid` for a URL outside
   * the issuer, `resource` and `origins`, as `accessToken` does, and what `fetch` throws when its `signal` aborts.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/**
 * Creates a client that gets tokens for itself, and keeps the newest in memory; sends no request yet. Throws
 * {@link TesseraError} (`configuration_invalid`) without a secret or `authenticate`. Source: RFC 6749 §4.4.
 */
export function clientCredentials(options: ClientCredentialsOptions): MachineClient {
  return new TesseraMachine(options);
}

class TesseraMachine implements MachineClient {
  readonly #options: ClientCredentialsOptions;
  readonly #requests: Requests;
  readonly #client: Client;
  readonly #now: () => number;
  #held: TokenSet | undefined;
  #asking: Promise<TokenSet> | undefined;

  constructor(options: ClientCredentialsOptions) {
    const { issuer, clientSecret, authenticate, fetch = platformFetch, now = Date.now } = options;
    if (clientSecret === undefined && authenticate === undefined) {
      throw new TesseraError('configuration_invalid', 'There is neither clientSecret nor authenticate');
    }
    const { discovery = createDiscovery({ issuer, fetch, now }) } = options;
    this.#options = options;
    this.#requests = new Requests(options, fetch);
    this.#client = createClient({
      ...options,
      discovery,
      tokens: memoryStorage(),
      logins: memoryStorage(),
      locks: processLocks,
    });
    this.#now = now;
  }

  async accessToken(): Promise<string> {
    return (await this.#good()).accessToken;
  }

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { url, sent } = await repeatable(input, init);
    const used = await this.#good();
    const first = await this.#client.fetch(url, sent);
    // Another login is none that a machine could begin.
    if (first.status !== 401 || stepUpOf(first) || isStream(sent.body)) return first;
    // Concurrent requests with the same token get one new token.
    if (this.#held === used) await this.#ask();
    return this.#client.fetch(url, sent);
  }

  async #good(): Promise<TokenSet> {
    const held = this.#held;
    const left = (held?.expiresAt ?? 0) - this.#now();
    if (held && left > marginMs) return held;
    try {
      return await this.#ask();
    } catch (error) {
      if (held && left > 0 && isPassing(error)) return held;
      throw error;
    }
  }

  #ask(): Promise<TokenSet> {
    return (this.#asking ??= this.#request().finally(() => {
      this.#asking = undefined;
    }));
  }

  async #request(): Promise<TokenSet> {
    const { scope, resource } = this.#options;
    const { token_endpoint: url } = await this.#client.discovery.metadata();
    const fields = { grant_type: 'client_credentials', ...(scope && { scope }), ...(resource && { resource }) };
    const answer = await read(await this.#requests.post(url, fields));
    const tokens = tokenSetOf(answer, this.#now(), scope);
    await this.#client.adopt(tokens);
    this.#held = tokens;
    return tokens;
  }
}
