import { harmless, type Members, nameIn, read } from './answer.ts';
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
import { HeldTokens } from './held-tokens.ts';
import { platformLocks } from './locks.ts';
import { leaveCallback, pageBrowser } from './page.ts';
import { type PendingLogin, PendingLogins } from './pending-logins.ts';
import { isStream, Requests } from './requests.ts';
import { sharedStorage } from './shared-storage.ts';
import { memoryStorage, webStorage } from './storage.ts';
import { type TokenSet, tokenSetOf } from './tokens.ts';
import { newSecret, s256, type WebCrypto } from './web-crypto.ts';

/**
 * A login with Tessera. Asks nobody yet: the first call that needs the service does. Throws {@link TesseraError}
 * (`configuration_invalid`) where there is no WebCrypto, as on a page that came neither by https nor from localhost.
 */
export function createClient(options: ClientOptions): Client {
  return new TesseraClient(options);
}

class TesseraClient implements Client {
  readonly discovery: Discovery;
  // Private fields, so that nobody who prints a client prints a secret.
  readonly #options: ClientOptions;
  readonly #browser: Browser | undefined;
  readonly #now: () => number;
  readonly #crypto: WebCrypto;
  readonly #requests: Requests;
  readonly #tokens: HeldTokens;
  readonly #logins: PendingLogins;
  readonly #lockOf: (what: string) => <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly #finishing = new Map<string, Promise<FinishedLogin>>();
  #ofPage = new URLSearchParams();

  constructor(options: ClientOptions) {
    const { issuer, clientId, now = Date.now, crypto = globalThis.crypto, locks = platformLocks() } = options;
    const { fetch = (url, init) => globalThis.fetch(url, init), lockName = `${issuer} ${clientId}` } = options;
    const isPage = 'document' in globalThis;
    const { tokens: storage = isPage ? sharedStorage() : memoryStorage() } = options;
    const { logins = isPage ? webStorage(sessionStorage) : memoryStorage() } = options;
    const discovery = options.discovery ?? createDiscovery({ issuer, fetch, now });
    const requests = new Requests(options, fetch);
    // With the issuer: tokens of one are for no other, whatever the storage is shared with.
    const key = `tessera.${clientId}@${issuer}`;
    const lockOf =
      (what: string) =>
      <Result>(work: () => Promise<Result>) =>
        locks.request(`tessera ${lockName} ${what}`, work);
    // A page that did not come by https has none.
    if (!('subtle' in (crypto ?? {}))) throw new TesseraError('configuration_invalid', 'There is no WebCrypto here');
    this.#lockOf = lockOf;
    this.#options = options;
    this.#browser = options.browser ?? (isPage ? pageBrowser : undefined);
    this.#now = now;
    this.#crypto = crypto;
    this.#requests = requests;
    this.discovery = discovery;
    this.#tokens = new HeldTokens(key, {
      options,
      discovery,
      requests,
      storage,
      crypto,
      now,
      locked: lockOf('tokens'),
    });
    this.#logins = new PendingLogins(`${key}.logins`, { storage: logins, now, locked: lockOf('logins') });
    this.#sweep();
  }

  /** On a device of the end-user; a server’s sessions end by themselves. */
  #sweep(): void {
    if (this.#browser !== undefined) this.#logins.sweep().catch(() => undefined);
  }

  async login(options: LoginOptions = {}): Promise<FinishedLogin | undefined> {
    if (this.#browser === undefined)
      throw new TesseraError('configuration_invalid', 'There is no browser to send away');
    const redirectUri = options.redirectUri ?? this.#options.redirectUri;
    const back = await this.#browser(await this.begin(options), { redirectUri });
    return typeof back === 'string' ? this.finish(back) : undefined;
  }

  async begin({
    data,
    parameters,
    redirectUri = this.#options.redirectUri,
    scope = this.#options.scope ?? 'openid',
    resource = this.#options.resource,
  }: LoginOptions = {}): Promise<string> {
    const { clientId, dpop, pushed } = this.#options;
    if (redirectUri === undefined) throw new TesseraError('configuration_invalid', 'redirectUri is missing');
    const metadata = await this.discovery.metadata();
    const codeVerifier = newSecret(this.#crypto);
    // 160 bits, which nobody guesses nor takes for a verifier. Source: RFC 6749 §10.10.
    const state = newSecret(this.#crypto, 20);
    // Comes back in an ID token alone. Source: OpenID Connect Core 1.0 §3.1.2.1.
    const nonce = scope.split(' ').includes('openid') ? newSecret(this.#crypto, 20) : undefined;
    const query = new URLSearchParams({
      ...parameters,
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      state,
      code_challenge: await s256(this.#crypto, codeVerifier),
      code_challenge_method: 'S256',
    });
    if (nonce !== undefined) query.set('nonce', nonce);
    for (const each of [resource ?? []].flat()) query.append('resource', each);
    if (dpop !== undefined) query.set('dpop_jkt', await dpop.thumbprint());
    const login = {
      codeVerifier,
      nonce,
      redirectUri,
      scope,
      begunAt: this.#now(),
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
    const { request_uri: requestUri } = await read(await this.#requests.post(url, query));
    return new URLSearchParams({ client_id: this.#options.clientId, request_uri: String(requestUri) });
  }

  finish(callbackUrl?: string): Promise<FinishedLogin> {
    const answer = callbackUrl === undefined ? this.#answerOfPage() : answerIn(callbackUrl);
    const state = answer.get('state') ?? '';
    // An effect that runs twice is one callback: the second one gets what the first one gets.
    const finishing =
      this.#finishing.get(state) ??
      // A tab that was duplicated has a copy of the login: it waits, and finds below that the login was redeemed.
      this.#lockOf(`login ${state}`)(() => this.#finish(state, answer)).finally(() => this.#finishing.delete(state));
    this.#finishing.set(state, finishing);
    return finishing;
  }

  /** That of the page's URL, which loses it with the first call. */
  #answerOfPage(): URLSearchParams {
    const answer = answerIn(leaveCallback());
    if (answer.has('state')) this.#ofPage = answer;
    return this.#ofPage;
  }

  async #finish(state: string, answer: URLSearchParams): Promise<FinishedLogin> {
    // Before the login is taken: without a connection it waits.
    const metadata = await this.discovery.metadata();
    const login = await this.#logins.take(state);
    if (login === undefined || (await this.#tokens.isOf(state)))
      throw new TesseraError('login_unknown', 'No login waits for this callback');
    const iss = answer.get('iss');
    // Source: RFC 9207 §2.4: an answer of another server, which holds a code of this one, is not to be trusted.
    if (iss === null ? metadata['authorization_response_iss_parameter_supported'] === true : iss !== metadata.issuer) {
      throw new TesseraError('issuer_mismatch', 'The callback is of another issuer');
    }
    const error = answer.get('error');
    if (error !== null) {
      const description = answer.get('error_description') ?? 'The login was refused';
      throw new TesseraError((nameIn(error) ?? 'answer_invalid') as ErrorCode, harmless(description));
    }
    const tokens = { ...(await this.#redeem(answer.get('code') ?? '', login, metadata)), login: state };
    await this.#tokens.replace(tokens);
    return { tokens, data: login.data };
  }

  async #redeem(code: string, login: PendingLogin, { token_endpoint: url }: Metadata): Promise<TokenSet> {
    const response = await this.#requests.post(url, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: login.redirectUri,
      code_verifier: login.codeVerifier,
    });
    const tokens = tokenSetOf(await read(response), this.#now(), login.scope);
    return this.#tokens.checked(tokens, response, login);
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

  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url);
    const { issuer, resource, origins = [] } = this.#options;
    const allowed = [issuer, resource ?? [], origins].flat().map((each) => new URL(each).origin);
    if (!allowed.includes(target.origin)) {
      throw new TesseraError('configuration_invalid', `The access token is not for ${target.origin}`);
    }
    const held = await this.#tokens.good();
    const first = await this.#show(held, target.href, init);
    if (first.status !== 401 || held.refreshToken === undefined || isStream(init.body)) return first;
    return this.#show(await this.#tokens.refreshOf(held), target.href, init);
  }

  async #show({ accessToken, tokenType }: TokenSet, url: string, init: RequestInit): Promise<Response> {
    const method = init.method?.toUpperCase() ?? 'GET';
    return this.#requests.proven({ method, url, accessToken }, (proof) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `${tokenType} ${accessToken}`);
      if (proof !== undefined) headers.set('dpop', proof);
      return { ...init, method, headers };
    });
  }

  async userinfo(): Promise<Members> {
    const claims = await read(await this.fetch(endpointIn(await this.discovery.metadata(), 'userinfo_endpoint')));
    const held = await this.#tokens.find();
    // Source: OpenID Connect Core 1.0 §5.3.2.
    if (held?.claims !== undefined && claims['sub'] !== held.claims.sub) {
      throw new TesseraError('answer_invalid', 'The claims are about somebody else');
    }
    return claims;
  }

  async revoke(): Promise<void> {
    await this.#tokens.end();
  }

  async logout({ postLogoutRedirectUri, state }: LogoutOptions = {}): Promise<LogoutRequest> {
    const endpoint = endpointIn(await this.discovery.metadata(), 'end_session_endpoint');
    // The session ends also where the revocation is lost: the end-user has to see it.
    const held = await this.#tokens.end(true);
    const fields = {
      client_id: this.#options.clientId,
      ...(postLogoutRedirectUri !== undefined && { post_logout_redirect_uri: postLogoutRedirectUri }),
      ...(state !== undefined && { state }),
    };
    const url = `${endpoint}?${new URLSearchParams(fields)}`;
    const form = { ...fields, ...(held?.idToken !== undefined && { id_token_hint: held.idToken }) };
    await this.#browser?.(url, { form, redirectUri: postLogoutRedirectUri });
    return { url, form };
  }
}

function endpointIn(
  metadata: Metadata,
  name: `${'pushed_authorization_request' | 'userinfo' | 'end_session'}_endpoint`,
) {
  const url = metadata[name];
  if (url === undefined) throw new TesseraError('configuration_invalid', `The issuer has no ${name}`);
  return url;
}

/** Whatever it is, and nothing of it is quoted. */
const answerIn = (callbackUrl: string) => new URLSearchParams(/\?([^#]*)/.exec(callbackUrl)?.[1]);
