import type { Fetch } from './answer.ts';
import type { Discovery } from './discovery.ts';
import type { Dpop } from './dpop.ts';
import type { Locks } from './locks.ts';
import type { ClientStorage } from './storage.ts';
import type { TokenSet, UserInfo } from './tokens.ts';
import type { WebCrypto } from './web-crypto.ts';

/**
 * Sends the end-user to a page: by its URL, or by a form (`POST`) if fields are given. Resolves to the callback URL, which
 * begins with `redirectUri`, if the application keeps running (an in-app browser), and to nothing if its page is left.
 */
export type Browser = (
  url: string,
  options: { readonly redirectUri?: string | undefined; readonly form?: Readonly<Record<string, string>> | undefined },
) => PromiseLike<string | undefined | void> | string | undefined | void;

/**
 * Describes a client. Only `issuer` and `clientId` are required, and `redirectUri` for a login. The rest has defaults for a
 * page in a browser, or adapts the client to another platform.
 */
export interface ClientOptions {
  /** The issuer identifier, exactly as the service has it: `https://login.example.com`. */
  readonly issuer: string;
  /** The registered `client_id`. */
  readonly clientId: string;
  /** For a confidential client, on a server only. */
  readonly clientSecret?: string | undefined;
  /** Adds to each form what proves the client, such as a client assertion; on a server only. */
  readonly authenticate?: ((form: URLSearchParams) => PromiseLike<void> | void) | undefined;
  /** The redirect URI, registered for the client. */
  readonly redirectUri?: string | undefined;
  /** Names separated by spaces; `openid` by default. `offline_access` requests a refresh token. */
  readonly scope?: string | undefined;
  /** Identifiers of the APIs that tokens are for; a token is for the first one. Source: RFC 8707. */
  readonly resource?: string | readonly string[] | undefined;
  /** Further origins that `fetch` may send the access token to, beside the issuer's and the resources'. */
  readonly origins?: readonly string[] | undefined;
  /** Push the authorization request, so that the browser only carries a reference. Source: RFC 9126. */
  readonly pushed?: boolean | undefined;
  /** `dpop()`: binds tokens to a key. */
  readonly dpop?: Dpop | undefined;
  /** Storage of tokens: by default memory shared between the tabs of a browser (`sharedStorage`); `memoryStorage()` is not shared. */
  readonly tokens?: ClientStorage | undefined;
  /**
   * Storage of pending logins: by default `sessionStorage`, or memory where that is missing or blocked. A login that leaves the
   * page then ends in `login_unknown`.
   */
  readonly logins?: ClientStorage | undefined;
  /** The issuer's metadata and keys; may be shared between clients. */
  readonly discovery?: Discovery | undefined;
  /** Opens the login page; by default the page itself navigates. */
  readonly browser?: Browser | undefined;
  /** The platform’s by default. React Native needs its own. */
  readonly crypto?: WebCrypto | undefined;
  /** The platform’s by default. */
  readonly fetch?: Fetch | undefined;
  /** Web Locks by default, which work across tabs; otherwise locks within this process. */
  readonly locks?: Locks | undefined;
  /** Name of the lock: by default the same for this issuer and client id. On a server, use the session's id. */
  readonly lockName?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Options of one login; the client's own are the defaults. */
export interface LoginOptions {
  readonly redirectUri?: string | undefined;
  readonly scope?: string | undefined;
  readonly resource?: string | readonly string[] | undefined;
  /** Returned with the tokens, for example the page that the end-user came from. Stored locally, never in a URL. */
  readonly data?: string | undefined;
  /** Further parameters. */
  readonly parameters?: LoginParameters | undefined;
}

/** Parameters of an authorization request, under their wire names. Source: OpenID Connect Core 1.0 §3.1.2.1. */
export type LoginParameters = Readonly<Record<string, string>> & {
  /** Classes of authentication separated by spaces, the preferred one first; `phr` is a login by passkey. */
  readonly acr_values?: string;
  /** Seconds. If the end-user authenticated longer ago, they must do so again. */
  readonly max_age?: string;
  /** `none`: no page is shown, and who is not logged in gets `login_required`. `create` leads to the sign-up. */
  readonly prompt?: 'none' | 'login' | 'consent' | 'select_account' | 'create' | (string & {});
  /** Who will probably log in. */
  readonly login_hint?: string;
  /** Languages of the pages, the preferred one first, separated by spaces. */
  readonly ui_locales?: string;
};

/** The result of a login. */
export interface FinishedLogin {
  readonly tokens: TokenSet;
  /** The `data` of the {@link LoginOptions}. */
  readonly data: string | undefined;
}

/** Where the end-user goes after a logout: by default a page of the service. */
export interface LogoutOptions {
  /** Registered among the client's `post_logout_redirect_uris`. */
  readonly postLogoutRedirectUri?: string | undefined;
  /** Returned in the URL. */
  readonly state?: string | undefined;
}

/** Ends the session at the service: a link, and a form that needs no confirmation. */
export interface LogoutRequest {
  readonly url: string;
  /** To be posted: it contains the ID token, which must not be in a URL. */
  readonly form: Readonly<Record<string, string>>;
}

/**
 * A login with Tessera. Every method throws only {@link TesseraError}. Beside the listed codes, every method that calls the
 * service throws `service_unreachable`, `temporarily_unavailable`, `server_error` or `metadata_invalid`, and loses nothing.
 */
export interface Client {
  /** The issuer's metadata and keys. */
  readonly discovery: Discovery;
  /**
   * Sends the end-user to the login. Resolves to the tokens if the browser returns to the caller (an in-app browser), and to
   * undefined if the end-user closed it; when the page navigates, `finish` returns the tokens. Throws as `begin` and `finish`
   * do.
   */
  login(options?: LoginOptions): Promise<FinishedLogin | undefined>;
  /**
   * Begins a login and returns the URL for the browser, valid for 15 minutes. Only needed instead of `login`. Throws
   * `configuration_invalid`, and the service's error for a pushed request.
   */
  begin(options?: LoginOptions): Promise<string>;
  /**
   * The tokens for the callback URL; by default the page's own, whose parameters are then removed. Concurrent calls are one;
   * later ones throw `login_unknown`, as does a callback after 15 minutes or in another browser. Throws `issuer_mismatch`,
   * `id_token_invalid`, the error in the URL, or the service's error for the code: `invalid_grant`.
   */
  finish(callbackUrl?: string): Promise<FinishedLogin>;
  /**
   * Stores the tokens of a login made elsewhere, such as one by a wallet: they are then refreshed, shared and revoked like
   * those of a login here.
   */
  adopt(tokens: TokenSet): Promise<void>;
  /**
   * The stored tokens while they are usable: with a refresh token even if the access token has expired. Undefined when nobody
   * is logged in. Sends no request.
   */
  tokens(): Promise<TokenSet | undefined>;
  /**
   * An access token valid for at least 30 seconds, refreshed if necessary. Offline it is the stored one, while it is valid.
   * Throws `tokens_missing`, or `invalid_grant` when the grant has ended: nobody is logged in from then on.
   */
  accessToken(): Promise<string>;
  /** New tokens, even if the old ones are still valid; concurrent callers share one request. Throws as `accessToken`. */
  refresh(): Promise<TokenSet>;
  /**
   * `fetch` with the access token, and a DPoP proof if it is bound to a key. A 401 refreshes it once, unless it asks for
   * another login ({@link stepUpOf}). Every response is returned, errors too. Throws `configuration_invalid` for a URL outside
   * the issuer, `resource` and `origins`, as `accessToken` does, and what `fetch` throws when its `signal` aborts.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * The claims of the end-user, checked to be about the one who logged in; `Claims`: what the issuer adds to the standard ones.
   * Throws as `fetch`. Source: OpenID Connect Core 1.0 §5.3.
   */
  userinfo<Claims extends object = object>(): Promise<UserInfo & Claims>;
  /** Ends the grant at the service, and deletes the tokens whatever it answers; does nothing without tokens. Source: RFC 7009. */
  revoke(): Promise<void>;
  /**
   * Revokes, deletes the tokens, and ends the browser's session, even if the revocation could not be sent.
   * Source: OpenID Connect RP-Initiated Logout 1.0.
   */
  logout(options?: LogoutOptions): Promise<LogoutRequest>;
}
