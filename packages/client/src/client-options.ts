import type { Fetch, Members } from './answer.ts';
import type { Discovery } from './discovery.ts';
import type { Dpop } from './dpop.ts';
import type { Locks } from './locks.ts';
import type { ClientStorage } from './storage.ts';
import type { TokenSet } from './tokens.ts';
import type { WebCrypto } from './web-crypto.ts';

/**
 * Sends the end-user to a page: by its URL, or by a form (`POST`) where fields are given. Resolves to the URL that came back,
 * which begins with `redirectUri`, where the application is still there (an in-app browser), and to nothing where its page is
 * left.
 */
export type Browser = (
  url: string,
  options: { readonly redirectUri?: string | undefined; readonly form?: Readonly<Record<string, string>> | undefined },
) => PromiseLike<string | undefined | void> | string | undefined | void;

/**
 * What a client is. `issuer` and `clientId` alone are needed; `redirectUri` for a login. The rest has defaults for a page in
 * a browser, and names what another platform hands in.
 */
export interface ClientOptions {
  /** The issuer identifier, exactly as the service has it: `https://login.example.com`. */
  readonly issuer: string;
  /** The `client_id` that the service registered. */
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
  /** Tokens: by default memory, shared between the tabs of a browser (`sharedStorage`); `memoryStorage()` shares with nobody. */
  readonly tokens?: ClientStorage | undefined;
  /**
   * Logins that are under way: by default `sessionStorage`, and memory where there is none or the browser blocks it. Whoever is
   * sent away from a page then comes back to `login_unknown`.
   */
  readonly logins?: ClientStorage | undefined;
  /** The metadata and keys of the issuer; one may serve many clients. */
  readonly discovery?: Discovery | undefined;
  /** Sends the end-user away: by default the page itself goes. */
  readonly browser?: Browser | undefined;
  /** By default the platform’s. React Native hands its own in. */
  readonly crypto?: WebCrypto | undefined;
  /** By default the platform’s. */
  readonly fetch?: Fetch | undefined;
  /** By default Web Locks, which hold across tabs; where there are none, within this process. */
  readonly locks?: Locks | undefined;
  /** What excludes each other: by default all that has this issuer and client id. On a server, the id of the session. */
  readonly lockName?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** One login; what it leaves out is that of the client. */
export interface LoginOptions {
  readonly redirectUri?: string | undefined;
  readonly scope?: string | undefined;
  readonly resource?: string | readonly string[] | undefined;
  /** Comes back with the tokens: where the end-user was, for example. Kept here, and never in a URL. */
  readonly data?: string | undefined;
  /** Further parameters: `prompt`, `max_age`, `login_hint`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** What came of a login. */
export interface FinishedLogin {
  readonly tokens: TokenSet;
  /** That of the {@link LoginOptions}. */
  readonly data: string | undefined;
}

/** Where the end-user goes after a logout: by default nowhere, the service says goodbye. */
export interface LogoutOptions {
  /** Registered for the client, among its `post_logout_redirect_uris`. */
  readonly postLogoutRedirectUri?: string | undefined;
  /** Comes back in the URL. */
  readonly state?: string | undefined;
}

/** The end of the session at the service: a link, and beside it a form that needs no further question. */
export interface LogoutRequest {
  readonly url: string;
  /** To be posted: it carries the ID token, which belongs into no URL. */
  readonly form: Readonly<Record<string, string>>;
}

/**
 * A login with Tessera. Every method throws {@link TesseraError} and no other error; besides what stands there, any that asks
 * the service throws `service_unreachable`, `temporarily_unavailable`, `server_error` or `metadata_invalid`, and loses nothing.
 */
export interface Client {
  /** The metadata and keys of the issuer. */
  readonly discovery: Discovery;
  /**
   * Sends the end-user to the login. Resolves to the tokens where the browser comes back to the caller (an in-app browser),
   * to undefined where the end-user closed it; where the page goes, it is `finish` that has them. Throws as `begin` and
   * `finish` do.
   */
  login(options?: LoginOptions): Promise<FinishedLogin | undefined>;
  /**
   * Begins a login: the URL to send the browser to, within 15 minutes from then on. Whoever does not use `login` sends it
   * there. Throws `configuration_invalid`, and what the service answers to a pushed request.
   */
  begin(options?: LoginOptions): Promise<string>;
  /**
   * The tokens for the URL that the browser came back to; by default the page's, which loses its parameters then. Two calls
   * at once are one; later ones throw `login_unknown`, and so does a callback after 15 minutes or of another browser. Throws
   * `issuer_mismatch`, `id_token_invalid`, the error in the URL, or what the service answers to the code: `invalid_grant`.
   */
  finish(callbackUrl?: string): Promise<FinishedLogin>;
  /**
   * Keeps the tokens of a login that was made elsewhere, as one by a wallet is: from here on they are refreshed, shared and
   * revoked as those of a login here.
   */
  adopt(tokens: TokenSet): Promise<void>;
  /**
   * What is held, as long as it is good for something: with a refresh token whether or not the access token is still good.
   * Undefined when nobody is logged in. Asks nobody.
   */
  tokens(): Promise<TokenSet | undefined>;
  /**
   * An access token that is good for 30 seconds at least, refreshed where it must be. Without a connection it is the one that
   * is held, as long as it is good at all. Throws `tokens_missing`, or `invalid_grant` where the grant is over: nobody is
   * logged in from then on.
   */
  accessToken(): Promise<string>;
  /** New tokens, whatever the old ones are still good for; of several callers at once, one asks for all. Throws as `accessToken`. */
  refresh(): Promise<TokenSet>;
  /**
   * As `fetch`, with the access token, and a proof where it is bound to a key. An answer 401 refreshes it once. Any answer is
   * returned, errors too. Throws `configuration_invalid` for a URL of anybody but the issuer, a `resource` and `origins`, as
   * `accessToken` does, and what `fetch` throws where its `signal` is aborted.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The claims about the end-user, checked to be about whoever logged in. Throws as `fetch`. Source: OpenID Connect Core 1.0 §5.3. */
  userinfo(): Promise<Members>;
  /** Ends the grant at the service, and forgets the tokens whatever it says; nothing where none are held. Source: RFC 7009. */
  revoke(): Promise<void>;
  /**
   * Revokes, forgets, and ends the session of the browser, also where the service could not be told of the revocation. Source:
   * OpenID Connect RP-Initiated Logout 1.0.
   */
  logout(options?: LogoutOptions): Promise<LogoutRequest>;
}
