import { harmless, nameIn, platformFetch, read } from './answer.ts';
import type {
  Browser,
  Client,
  ClientOptions,
  FinishedLogin,
  LoginOptions,
  LogoutOptions,
  LogoutRequest,
} from './client-options.ts';
import { createDiscovery, type Discovery, type Metadata } from './discovery.ts';
import { type ErrorCode, TesseraError } from './errors.ts';
import { checkedTokens } from './id-token.ts';
import { HeldTokens, type Surroundings } from './held-tokens.ts';
import { platformLocks } from './locks.ts';
import { leaveCallback, pageBrowser } from './page.ts';
import { type PendingLogin, PendingLogins } from './pending-logins.ts';
import { initOf, isStream, Requests } from './requests.ts';
import { sharedStorage } from './shared-storage.ts';
import { stepUpOf } from './step-up.ts';
import { memoryStorage, pageStorage } from './storage.ts';
import { type TokenSet, tokenSetOf, type UserInfo } from './tokens.ts';
import { newSecret, s256 } from './web-crypto.ts';

/**
 * Creates a client for logins with Tessera; sends no request yet. Throws {@link TesseraError} (`configuration_invalid`) without
 * WebCrypto, as on a page that is neither https nor on localhost.
 */
export function createClient(options: ClientOptions): Client {
  return new TesseraClient(options);
}

/** Longer than finishing a login takes: a duplicated tab must not redeem it a second time meanwhile. */
const finishMs = 60_000;

class TesseraClient implements Client {
  readonly discovery: Discovery;
  // Private fields, so that printing a client prints no secret.
  readonly #in: Surroundings;
  readonly #browser: Browser | undefined;
  readonly #tokens: HeldTokens;
  readonly #logins: PendingLogins;
  readonly #lockOf: (what: string, patience?: number) => <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly #finishing = new Map<string, Promise<FinishedLogin>>();
  #ofPage = new URLSearchParams();

  constructor(options: ClientOptions) {
    const { issuer, clientId, now = Date.now, crypto = globalThis.crypto, locks = platformLocks() } = options;
    const { fetch = platformFetch, lockName = `${issuer} ${clientId}` } = options;
    const isPage = 'document' in globalThis;
    const { tokens: storage = isPage ? sharedStorage() : memoryStorage() } = options;
    const { logins = isPage ? pageStorage() : memoryStorage() } = options;
    const discovery = options.discovery ?? createDiscovery({ issuer, fetch, now });
    const requests = new Requests(options, fetch);
    // With the issuer: its tokens are for no other, even in a shared storage.
    const key = `tessera.${clientId}@${issuer}`;
    const lockOf =
      (what: string, patience?: number) =>
      <Result>(work: () => Promise<Result>) =>
        locks.request(`tessera ${lockName} ${what}`, work, patience);
    // Missing on a page without https.
    if (crypto?.subtle === undefined) throw new TesseraError('configuration_invalid', 'There is no WebCrypto');
    this.#lockOf = lockOf;
    this.#browser = options.browser ?? (isPage ? pageBrowser : undefined);
    this.discovery = discovery;
    this.#in = { options, discovery, requests, storage, crypto, now, locked: lockOf('tokens') };
    this.#tokens = new HeldTokens(key, this.#in);
    this.#logins = new PendingLogins(`${key}.logins`, { storage: logins, now, locked: lockOf('logins') });
    this.#sweep();
  }

  /** On the end-user's device; a server’s sessions end by themselves. */
  #sweep(): void {
    if (this.#browser) this.#logins.sweep().catch(() => undefined);
  }

  async login(options: LoginOptions = {}): Promise<FinishedLogin | undefined> {
    if (!this.#browser) throw new TesseraError('configuration_invalid', 'There is no browser');
    const redirectUri = options.redirectUri ?? this.#in.options.redirectUri;
    const back = await this.#browser(await this.begin(options), { redirectUri });
    return typeof back === 'string' ? this.finish(back) : undefined;
  }

  async begin({
    data,
    parameters,
    redirectUri = this.#in.options.redirectUri,
    scope = this.#in.options.scope ?? 'openid',
    resource = this.#in.options.resource,
  }: LoginOptions = {}): Promise<string> {
    const { clientId, dpop, pushed } = this.#in.options;
    if (redirectUri === undefined) throw new TesseraError('configuration_invalid', 'There is no redirectUri');
    const { crypto } = this.#in;
    const metadata = await this.discovery.metadata();
    const codeVerifier = newSecret(crypto);
    // 160 bits: unguessable, and not the length of a verifier. Source: RFC 6749 §10.10.
    const state = newSecret(crypto, 20);
    // Only an ID token returns it. Source: OpenID Connect Core 1.0 §3.1.2.1.
    const nonce = scope.split(' ').includes('openid') ? newSecret(crypto, 20) : undefined;
    const query = new URLSearchParams({
      ...parameters,
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      state,
      code_challenge: await s256(crypto, codeVerifier),
      code_challenge_method: 'S256',
    });
    if (nonce) query.set('nonce', nonce);
    for (const each of [resource ?? []].flat()) query.append('resource', each);
    if (dpop) query.set('dpop_jkt', await dpop.thumbprint());
    const login = {
      codeVerifier,
      nonce,
      redirectUri,
      scope,
      begunAt: this.#in.now(),
      maxAge: parameters?.['max_age'],
      data,
    };
    await this.#logins.add(state, login);
    this.#sweep();
    const endpoint = new URL(metadata.authorization_endpoint);
    endpoint.search = String(pushed === true ? await this.#push(query, metadata) : query);
    return endpoint.href;
  }

  async #push(query: URLSearchParams, metadata: Metadata): Promise<URLSearchParams> {
    const url = endpointIn(metadata, 'pushed_authorization_request_endpoint');
    const { request_uri: requestUri } = await read(await this.#in.requests.post(url, query));
    return new URLSearchParams({ client_id: this.#in.options.clientId, request_uri: String(requestUri) });
  }

  finish(callbackUrl?: string): Promise<FinishedLogin> {
    const answer = callbackUrl === undefined ? this.#answerOfPage() : answerIn(callbackUrl);
    const state = answer.get('state') ?? '';
    // An effect that runs twice makes one callback: both calls get the same result.
    const finishing =
      this.#finishing.get(state) ??
      // A duplicated tab has a copy of the login: it waits here, and then finds the login redeemed.
      this.#lockOf(
        `login ${state}`,
        finishMs,
      )(() => this.#finish(state, answer)).finally(() => this.#finishing.delete(state));
    this.#finishing.set(state, finishing);
    return finishing;
  }

  /** From the page's URL, whose parameters the first call removes. */
  #answerOfPage(): URLSearchParams {
    const answer = answerIn(leaveCallback());
    if (answer.has('state')) this.#ofPage = answer;
    return this.#ofPage;
  }

  async #finish(state: string, answer: URLSearchParams): Promise<FinishedLogin> {
    // Before the login is taken: offline it stays pending.
    const metadata = await this.discovery.metadata();
    const login = await this.#logins.take(state);
    if (!login || (await this.#tokens.isOf(state))) throw new TesseraError('login_unknown');
    const iss = answer.get('iss');
    // Source: RFC 9207 §2.4: a code from this server in another server's response must not be used.
    if (iss === null ? metadata['authorization_response_iss_parameter_supported'] === true : iss !== metadata.issuer) {
      throw new TesseraError('issuer_mismatch');
    }
    const error = answer.get('error');
    if (error !== null) {
      throw new TesseraError(
        (nameIn(error) ?? 'answer_invalid') as ErrorCode,
        harmless(answer.get('error_description') ?? error),
      );
    }
    const tokens = { ...(await this.#redeem(answer.get('code') ?? '', login, metadata)), login: state };
    await this.#tokens.replace(tokens);
    return { tokens, data: login.data };
  }

  async #redeem(code: string, login: PendingLogin, { token_endpoint: url }: Metadata): Promise<TokenSet> {
    const response = await this.#in.requests.post(url, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: login.redirectUri,
      code_verifier: login.codeVerifier,
    });
    const tokens = tokenSetOf(await read(response), this.#in.now(), login.scope);
    return checkedTokens(tokens, response, { ...login, clientId: this.#in.options.clientId }, this.#in);
  }

  adopt(tokens: TokenSet): Promise<void> {
    return this.#tokens.replace(tokens);
  }

  tokens(): Promise<TokenSet | undefined> {
    return this.#tokens.find();
  }

  refresh(): Promise<TokenSet> {
    return this.#tokens.refresh();
  }

  async accessToken(): Promise<string> {
    return (await this.#tokens.good()).accessToken;
  }

  async fetch(input: string | URL | Request, options?: RequestInit): Promise<Response> {
    const isRequest = typeof input === 'object' && 'headers' in input;
    const url = this.#allowed(isRequest ? input.url : input);
    const init = { ...(isRequest && (await initOf(input))), ...options };
    const held = await this.#tokens.good();
    const first = await this.#show(held, url, init);
    // A refreshed token is of the same login.
    if (first.status !== 401 || stepUpOf(first) || !held.refreshToken || isStream(init.body)) return first;
    return this.#show(await this.#tokens.refreshOf(held), url, init);
  }

  /** The whole URL, if its server may receive the access token. */
  #allowed(url: string | URL): string {
    const { issuer, resource, origins } = this.#in.options;
    try {
      const { href, origin } = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
      const allowed = [issuer, resource ?? [], origins ?? []].flat();
      // The origin of `urn:` and other schemes without servers is "null", which would make them all equal.
      if (origin !== 'null' && allowed.some((each) => new URL(each).origin === origin)) return href;
    } catch {
      // A relative path without a page.
    }
    throw new TesseraError('configuration_invalid', 'There is no token for that URL');
  }

  async #show({ accessToken, tokenType }: TokenSet, url: string, init: RequestInit): Promise<Response> {
    const method = init.method?.toUpperCase() ?? 'GET';
    const shown = (proof: string | undefined) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `${tokenType} ${accessToken}`);
      if (proof) headers.set('dpop', proof);
      return { ...init, method, headers };
    };
    return this.#in.requests.proven({ method, url, accessToken }, shown, init.signal);
  }

  async userinfo<Claims extends object>(): Promise<UserInfo & Claims> {
    const claims = await read(await this.fetch(endpointIn(await this.discovery.metadata(), 'userinfo_endpoint')));
    const held = await this.#tokens.find();
    // Source: OpenID Connect Core 1.0 §5.3.2.
    if (claims['sub'] !== (held?.claims ?? claims)['sub']) throw new TesseraError('answer_invalid');
    return claims as unknown as UserInfo & Claims;
  }

  async revoke(): Promise<void> {
    await this.#tokens.end();
  }

  async logout({ postLogoutRedirectUri, state }: LogoutOptions = {}): Promise<LogoutRequest> {
    const endpoint = endpointIn(await this.discovery.metadata(), 'end_session_endpoint');
    // The session ends even if the revocation is lost: the end-user has to see it end.
    const held = await this.#tokens.end(true);
    const fields = {
      client_id: this.#in.options.clientId,
      ...(postLogoutRedirectUri && { post_logout_redirect_uri: postLogoutRedirectUri }),
      ...(state && { state }),
    };
    const url = `${endpoint}?${new URLSearchParams(fields)}`;
    const form = { ...fields, ...(held?.idToken && { id_token_hint: held.idToken }) };
    await this.#browser?.(url, { form, redirectUri: postLogoutRedirectUri });
    return { url, form };
  }
}

function endpointIn(
  metadata: Metadata,
  name: `${'pushed_authorization_request' | 'userinfo' | 'end_session'}_endpoint`,
) {
  const url = metadata[name];
  if (!url) throw new TesseraError('configuration_invalid', `There is no ${name}`);
  return url;
}

/** Accepts anything, and quotes none of it. */
const answerIn = (callbackUrl: string) => new URLSearchParams(/\?([^#]*)/.exec(callbackUrl)?.[1]);
