import { ask, type Fetch, type Members, membersOf, read } from './answer.ts';
import { createDiscovery, type Discovery, type Metadata } from './discovery.ts';
import type { Dpop } from './dpop.ts';
import { type ErrorCode, TesseraError } from './errors.ts';
import { checkIdToken } from './id-token.ts';
import { type Locks, platformLocks } from './locks.ts';
import { type PendingLogin, PendingLogins } from './pending-logins.ts';
import { sharedStorage } from './shared-storage.ts';
import { type ClientStorage, memoryStorage, webStorage } from './storage.ts';
import { type IdTokenClaims, type TokenSet, tokenSetOf } from './tokens.ts';
import { newSecret, s256, type WebCrypto } from './web-crypto.ts';

/**
 * Sends the end-user to a page: by its URL, or by a form (`POST`) where fields are given. Resolves to the URL that came back
 * where the application is still there (an in-app browser), and to nothing where its page is left.
 */
export type Browser = (
  url: string,
  options: { readonly redirectUri?: string | undefined; readonly form?: Readonly<Record<string, string>> | undefined },
) => PromiseLike<string | undefined | void> | string | undefined | void;

export interface ClientOptions {
  /** The issuer identifier, exactly as the service has it: `https://login.example.com`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Of a confidential client, on a server alone. */
  readonly clientSecret?: string | undefined;
  /** Where the browser comes back to; registered for the client. */
  readonly redirectUri?: string | undefined;
  /** Names separated by spaces; `openid` by default. `offline_access` brings a refresh token. */
  readonly scope?: string | undefined;
  /** Identifiers of the APIs that tokens are for; the first one is the token's. Source: RFC 8707. */
  readonly resource?: string | readonly string[] | undefined;
  /** Origins beside the issuer's and the resources' that `fetch` may show the access token to. */
  readonly origins?: readonly string[] | undefined;
  /** Push the authorization request, so that the browser carries a reference alone. Source: RFC 9126. */
  readonly pushed?: boolean | undefined;
  /** `dpop()`: tokens are bound to a key. */
  readonly dpop?: Dpop | undefined;
  /** Tokens: by default memory, shared between the tabs of a browser. */
  readonly tokens?: ClientStorage | undefined;
  /** Logins that are under way: by default `sessionStorage`, and memory where there is none. */
  readonly logins?: ClientStorage | undefined;
  /** The metadata and keys of the issuer; one may serve many clients. */
  readonly discovery?: Discovery | undefined;
  readonly browser?: Browser | undefined;
  readonly crypto?: WebCrypto | undefined;
  readonly fetch?: Fetch | undefined;
  readonly locks?: Locks | undefined;
  /** What excludes each other: by default all that has this issuer and client id. On a server, the id of the session. */
  readonly lockName?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

export interface LoginOptions {
  readonly redirectUri?: string | undefined;
  readonly scope?: string | undefined;
  readonly resource?: string | readonly string[] | undefined;
  /** Comes back with the tokens: where the end-user was, for example. Kept here, and never in a URL. */
  readonly data?: string | undefined;
  /** Further parameters: `prompt`, `max_age`, `login_hint`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export interface FinishedLogin {
  readonly tokens: TokenSet;
  readonly data: string | undefined;
}

export interface LogoutOptions {
  /** Registered for the client. */
  readonly postLogoutRedirectUri?: string | undefined;
  readonly state?: string | undefined;
}

/** The end of the session at the service: a link, and beside it a form that needs no further question. */
export interface LogoutRequest {
  readonly url: string;
  /** To be posted: it carries the ID token, which belongs into no URL. */
  readonly form: Readonly<Record<string, string>>;
}

/** A login with Tessera. Every method throws `TesseraError`. */
export interface Client {
  readonly discovery: Discovery;
  /** Sends the end-user to the login. Resolves to the tokens where the browser comes back to the caller. */
  login(options?: LoginOptions): Promise<FinishedLogin | undefined>;
  /** Begins a login: where to send the browser. Whoever does not use `login` sends it there. */
  begin(options?: LoginOptions): Promise<string>;
  /** The tokens for the URL that the browser came back to; by default the page's, which loses its parameters then. */
  finish(callbackUrl?: string): Promise<FinishedLogin>;
  /** What is held; undefined when nobody is logged in. Asks nobody. */
  tokens(): Promise<TokenSet | undefined>;
  /** An access token that is still good for a while, refreshed where it must be. */
  accessToken(): Promise<string>;
  /** New tokens, whatever the old ones are still good for; of several callers at once, one asks for all. */
  refresh(): Promise<TokenSet>;
  /** As `fetch`, with the access token, and a proof where it is bound to a key. An answer 401 refreshes it once. */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** The claims about the end-user. Source: OpenID Connect Core 1.0 §5.3. */
  userinfo(): Promise<Members>;
  /** Ends the grant at the service, and forgets the tokens whatever it says. Source: RFC 7009. */
  revoke(): Promise<void>;
  /** Revokes, forgets, and ends the session of the browser. Source: OpenID Connect RP-Initiated Logout 1.0. */
  logout(options?: LogoutOptions): Promise<LogoutRequest>;
}

/** An access token that expires within this is refreshed before it is used. */
const marginMs = 30_000;
/**
 * How long each try of a refresh waits for its answer. The service answers a repeat within 10 s with the same successor, and
 * takes a later one for theft. Source: docs/http-api.md, section PKCE model.
 */
const earlierTriesMs = [4_000, 4_000];
const lastTryMs = 20_000;

export function createClient(options: ClientOptions): Client {
  return new TesseraClient(options);
}

class TesseraClient implements Client {
  readonly discovery: Discovery;
  // Private fields, so that nobody who prints a client prints a secret.
  readonly #options: ClientOptions;
  readonly #browser: Browser | undefined;
  readonly #fetch: Fetch;
  readonly #now: () => number;
  readonly #crypto: WebCrypto;
  readonly #locks: Locks;
  readonly #lockName: string;
  readonly #storage: ClientStorage;
  readonly #key: string;
  readonly #logins: PendingLogins;
  readonly #finishing = new Map<string, Promise<FinishedLogin>>();

  constructor(options: ClientOptions) {
    this.#options = options;
    const { issuer, clientId, now = Date.now, tokens, logins, crypto = globalThis.crypto } = options;
    this.#fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#now = now;
    this.#crypto = crypto;
    this.discovery = options.discovery ?? createDiscovery({ issuer, fetch: this.#fetch, now });
    this.#locks = options.locks ?? platformLocks();
    this.#lockName = `tessera ${options.lockName ?? `${issuer} ${clientId}`}`;
    this.#key = `tessera.${clientId}`;
    const isPage = 'document' in globalThis;
    this.#browser = options.browser ?? (isPage ? pageBrowser : undefined);
    this.#storage = tokens ?? (isPage ? sharedStorage() : memoryStorage());
    this.#logins = new PendingLogins(
      logins ?? (isPage ? webStorage(sessionStorage) : memoryStorage()),
      `${this.#key}.logins`,
      now,
    );
  }

  async login(options: LoginOptions = {}): Promise<FinishedLogin | undefined> {
    if (this.#browser === undefined) throw new TesseraError('configuration_invalid', 'There is no browser to send away');
    const redirectUri = options.redirectUri ?? this.#options.redirectUri;
    const back = await this.#browser(await this.begin(options), { redirectUri });
    return typeof back === 'string' ? this.finish(back) : undefined;
  }

  async begin({ data, parameters, ...given }: LoginOptions = {}): Promise<string> {
    const { clientId, dpop, pushed } = this.#options;
    const { redirectUri, scope = 'openid', resource } = { ...this.#options, ...given };
    if (redirectUri === undefined) throw new TesseraError('configuration_invalid', 'redirectUri is missing');
    const metadata = await this.discovery.metadata();
    const [state, nonce, codeVerifier] = [0, 1, 2].map(() => newSecret(this.#crypto)) as [string, string, string];
    const resources = [resource ?? []].flat();
    const query = new URLSearchParams({
      ...parameters,
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await s256(this.#crypto, codeVerifier),
      code_challenge_method: 'S256',
    });
    for (const each of resources) query.append('resource', each);
    if (dpop !== undefined) query.set('dpop_jkt', await dpop.thumbprint());
    const login = { codeVerifier, nonce, redirectUri, resource: resources, begunAt: this.#now(), data };
    await this.#locked('logins', () => this.#logins.add(state, login));
    const endpoint = new URL(metadata.authorization_endpoint);
    endpoint.search = String(pushed === true ? await this.#push(query, metadata) : query);
    return endpoint.href;
  }

  async #push(query: URLSearchParams, metadata: Metadata): Promise<URLSearchParams> {
    const url = metadata.pushed_authorization_request_endpoint;
    if (url === undefined) throw new TesseraError('configuration_invalid', 'This issuer takes no pushed requests');
    const { request_uri: requestUri } = await read(await this.#post(url, query));
    return new URLSearchParams({ client_id: this.#options.clientId, request_uri: String(requestUri) });
  }

  finish(callbackUrl?: string): Promise<FinishedLogin> {
    const { searchParams } = new URL(callbackUrl ?? leaveCallback(), this.#options.issuer);
    // An effect that runs twice is one callback: the second one gets what the first one gets.
    const state = searchParams.get('state') ?? '';
    const finishing =
      this.#finishing.get(state) ?? this.#finish(state, searchParams).finally(() => this.#finishing.delete(state));
    this.#finishing.set(state, finishing);
    return finishing;
  }

  async #finish(state: string, answer: URLSearchParams): Promise<FinishedLogin> {
    const login = await this.#locked('logins', () => this.#logins.take(state));
    if (login === undefined) throw new TesseraError('login_unknown', 'No login of this browser waits for this callback');
    const metadata = await this.discovery.metadata();
    const iss = answer.get('iss');
    // Source: RFC 9207 §2.4: an answer of another server, which holds a code of this one, is not to be trusted.
    if (iss === null ? metadata['authorization_response_iss_parameter_supported'] === true : iss !== metadata.issuer) {
      throw new TesseraError('issuer_mismatch', 'The callback is not of the issuer that the login began with');
    }
    const error = answer.get('error');
    if (error !== null) {
      throw new TesseraError(error as ErrorCode, answer.get('error_description') ?? 'The login was refused');
    }
    const tokens = await this.#redeem(answer.get('code') ?? '', login, metadata);
    await this.#locked('tokens', () => this.#save(tokens));
    return { tokens, data: login.data };
  }

  async #redeem(code: string, login: PendingLogin, { token_endpoint: url }: Metadata): Promise<TokenSet> {
    const response = await this.#post(url, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: login.redirectUri,
      code_verifier: login.codeVerifier,
      ...firstOf(login.resource),
    });
    const tokens = tokenSetOf(await read(response), this.#now());
    if (tokens.idToken === undefined) {
      // Source: OpenID Connect Core 1.0 §3.1.3.3.
      if (tokens.scope.includes('openid')) throw new TesseraError('id_token_invalid', 'There is no ID token');
      return tokens;
    }
    return { ...tokens, claims: await this.#checked(tokens, response, { nonce: login.nonce }) };
  }

  /** The claims of the ID token that came with the answer. */
  #checked(
    { idToken = '', accessToken }: TokenSet,
    response: Response,
    expected: { readonly nonce?: string; readonly former?: IdTokenClaims | undefined },
  ): Promise<IdTokenClaims> {
    const time = Date.parse(response.headers.get('date') ?? '');
    const now = Number.isNaN(time) ? undefined : time;
    const { clientId } = this.#options;
    return checkIdToken(idToken, { ...expected, clientId, accessToken, now }, this.discovery, this.#crypto);
  }

  async tokens(): Promise<TokenSet | undefined> {
    try {
      return (JSON.parse((await this.#storage.get(this.#key)) ?? 'null') as TokenSet | null) ?? undefined;
    } catch {
      // What somebody else put there is no login.
      return undefined;
    }
  }

  async accessToken(): Promise<string> {
    return (await this.#good()).accessToken;
  }

  /** The tokens, refreshed where they must be. */
  async #good(): Promise<TokenSet> {
    const held = await this.tokens();
    if (held === undefined) throw missing();
    const left = held.expiresAt - this.#now();
    if (left > marginMs || (left > 0 && held.refreshToken === undefined)) return held;
    try {
      return await this.#refresh(held);
    } catch (error) {
      // Without a connection, what is still good is used.
      if (left > 0 && isPassing(error)) return held;
      throw error;
    }
  }

  async refresh(): Promise<TokenSet> {
    const held = await this.tokens();
    if (held === undefined) throw missing();
    return this.#refresh(held);
  }

  /** One rotation for all who hold the same tokens: whoever comes second finds what the first one brought. */
  #refresh({ accessToken }: TokenSet): Promise<TokenSet> {
    return this.#locked('tokens', async () => {
      await this.#storage.sync?.(this.#key);
      const held = await this.tokens();
      if (held === undefined) throw missing();
      if (held.accessToken !== accessToken) return held;
      const { refreshToken, claims } = held;
      if (refreshToken === undefined) throw missing();
      const { response, answer } = await this.#rotate(refreshToken).catch(async (error: unknown) => {
        // The grant is over; tokens of it are worth nothing.
        if (error instanceof TesseraError && error.code === 'invalid_grant') await this.#storage.remove(this.#key);
        throw error;
      });
      // What the answer leaves out stays as it is. Source: RFC 6749 §6.
      const fresh = tokenSetOf(answer, this.#now());
      // Kept before anything is checked: the refresh token that it follows is spent.
      const kept = { ...held, ...fresh, ...(fresh.scope.length === 0 && { scope: held.scope }) };
      await this.#save(kept);
      if (fresh.idToken === undefined) return kept;
      const renewed = { ...kept, claims: await this.#checked(fresh, response, { former: claims }) };
      await this.#save(renewed);
      return renewed;
    });
  }

  /** Asks again for an answer that was lost, as long as the service takes that for a repeat. */
  async #rotate(refreshToken: string): Promise<{ readonly response: Response; readonly answer: Members }> {
    const { token_endpoint: url } = await this.discovery.metadata();
    const resource = firstOf([this.#options.resource ?? []].flat());
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...resource };
    const ask = async (ms: number) => {
      const response = await this.#post(url, form, ms);
      return { response, answer: await read(response) };
    };
    for (const ms of earlierTriesMs) {
      try {
        return await ask(ms);
      } catch (error) {
        if (!isPassing(error) || error.code === 'temporarily_unavailable') throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
    return ask(lastTryMs);
  }

  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url);
    const { issuer, resource, origins = [] } = this.#options;
    const allowed = [issuer, resource ?? [], origins].flat().map((each) => new URL(each).origin);
    if (!allowed.includes(target.origin)) {
      throw new TesseraError('configuration_invalid', `The access token is not for ${target.origin}`);
    }
    const held = await this.#good();
    const first = await this.#show(held, target.href, init);
    // A body that is a stream is gone with the first request.
    if (first.status !== 401 || held.refreshToken === undefined || init.body instanceof ReadableStream) return first;
    return this.#show(await this.#refresh(held), target.href, init);
  }

  async #show({ accessToken, tokenType }: TokenSet, url: string, init: RequestInit): Promise<Response> {
    const method = init.method?.toUpperCase() ?? 'GET';
    return this.#proven(url, { method, url, accessToken }, (proof) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `${tokenType} ${accessToken}`);
      if (proof !== undefined) headers.set('dpop', proof);
      return { ...init, method, headers };
    });
  }

  async userinfo(): Promise<Members> {
    const { userinfo_endpoint: url } = await this.discovery.metadata();
    if (url === undefined) throw new TesseraError('configuration_invalid', 'This issuer has no userinfo endpoint');
    const claims = await read(await this.fetch(url));
    const held = await this.tokens();
    // Source: OpenID Connect Core 1.0 §5.3.2.
    if (held?.claims !== undefined && claims['sub'] !== held.claims.sub) {
      throw new TesseraError('answer_invalid', 'The claims are about somebody else');
    }
    return claims;
  }

  async revoke(): Promise<void> {
    await this.#end();
  }

  async logout({ postLogoutRedirectUri, state }: LogoutOptions = {}): Promise<LogoutRequest> {
    const { end_session_endpoint: endpoint } = await this.discovery.metadata();
    if (endpoint === undefined) throw new TesseraError('configuration_invalid', 'This issuer has no logout');
    // The session ends also where the revocation is lost: the end-user has to see it.
    const held = await this.#end(true);
    const fields = {
      client_id: this.#options.clientId,
      ...(postLogoutRedirectUri !== undefined && { post_logout_redirect_uri: postLogoutRedirectUri }),
      ...(state !== undefined && { state }),
    };
    const url = `${endpoint}?${new URLSearchParams(fields)}`;
    const form = { ...fields, ...(held?.idToken !== undefined && { id_token_hint: held.idToken }) };
    await this.#browser?.(url, { form });
    return { url, form };
  }

  /** Forgets the tokens, and has them revoked; answers with what was held. */
  #end(isLenient = false): Promise<TokenSet | undefined> {
    return this.#locked('tokens', async () => {
      await this.#storage.sync?.(this.#key);
      const held = await this.tokens();
      if (held === undefined) return undefined;
      await this.#storage.remove(this.#key);
      try {
        const { revocation_endpoint: url } = await this.discovery.metadata();
        const token = held.refreshToken ?? held.accessToken;
        const response = url === undefined ? undefined : await this.#post(url, { token });
        if (response?.ok === false) await read(response);
      } catch (error) {
        if (!isLenient) throw error;
      } finally {
        await this.#options.dpop?.forget();
      }
      return held;
    });
  }

  async #save(tokens: TokenSet): Promise<void> {
    await this.#storage.set(this.#key, JSON.stringify(tokens));
  }

  #locked<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    return this.#locks.request(`${this.#lockName} ${what}`, work);
  }

  /** A form by this client. `ms`: how long to wait for the answer. */
  async #post(url: string, fields: Record<string, string> | URLSearchParams, ms = 20_000): Promise<Response> {
    const { clientId, clientSecret } = this.#options;
    const body = new URLSearchParams(fields);
    body.set('client_id', clientId);
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    if (clientSecret !== undefined) {
      // Source: RFC 6749 §2.3.1.
      const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
      headers['authorization'] = `Basic ${btoa(credentials)}`;
    }
    return this.#proven(url, { method: 'POST', url }, (proof) => ({
      method: 'POST',
      headers: proof === undefined ? headers : { ...headers, dpop: proof },
      body: String(body),
      ...deadline(ms),
    }));
  }

  /** Sends a request with a proof, and once again where the server asks for its nonce. Source: RFC 9449 §8, §9. */
  async #proven(
    url: string,
    request: { readonly method: string; readonly url: string; readonly accessToken?: string },
    init: (proof: string | undefined) => RequestInit,
  ): Promise<Response> {
    const { dpop } = this.#options;
    const send = async () => ask(this.#fetch, url, init(await dpop?.proof(request)));
    const response = await send();
    if (dpop?.observe(url, response) !== true || !(await isAboutProof(response))) return response;
    const again = await send();
    dpop.observe(url, again);
    return again;
  }
}

/** Whether another proof may do. An API of another origin may hide why it says 401. */
async function isAboutProof(response: Response): Promise<boolean> {
  if (response.status !== 400) return response.status === 401;
  const { error } = membersOf(await response.clone().text()) ?? {};
  return error === 'use_dpop_nonce' || error === 'invalid_dpop_proof';
}

/** What another try may find gone; what is held is still good. */
function isPassing(error: unknown): error is TesseraError {
  return (
    error instanceof TesseraError &&
    ['service_unreachable', 'server_error', 'temporarily_unavailable'].includes(error.code)
  );
}

const missing = () => new TesseraError('tokens_missing', 'Nobody is logged in');

/** A token is for one resource. Source: RFC 8707 §2.2. */
const firstOf = ([resource]: readonly string[]): Record<string, string> => (resource === undefined ? {} : { resource });

/** Not every React Native has it: the request waits as long as the platform lets it then. */
const deadline = (ms: number) => ('timeout' in AbortSignal ? { signal: AbortSignal.timeout(ms) } : {});

/** The URL of the page, which loses what belongs to the callback: a reload, or a link that is shared, repeats nothing. */
function leaveCallback(): string {
  const { href } = location;
  const url = new URL(href);
  for (const name of ['code', 'state', 'iss', 'error', 'error_description']) url.searchParams.delete(name);
  history.replaceState(history.state, '', url);
  return href;
}

const pageBrowser: Browser = (url, { form }) => {
  if (form === undefined) return location.assign(url);
  const element = document.createElement('form');
  element.method = 'post';
  element.action = url.split('?')[0] ?? url;
  for (const [name, value] of Object.entries(form)) {
    element.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  }
  document.body.append(element);
  element.submit();
};
