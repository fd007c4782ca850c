import { type Fetch, membersOf } from '../answer.ts';
import { createClient } from '../client.ts';
import type { Client, ClientOptions, LoginOptions } from '../client-options.ts';
import { createDiscovery, type Discovery } from '../discovery.ts';
import type { Dpop } from '../dpop.ts';
import { TesseraError } from '../errors.ts';
import { isPassing } from '../held-tokens.ts';
import type { Locks } from '../locks.ts';
import type { ClientStorage } from '../storage.ts';
import type { IdTokenClaims, TokenSet } from '../tokens.ts';
import { newSecret, s256 } from '../web-crypto.ts';
import { ofAllSessions } from './application-key.ts';
import { type ErrorPage, failure, logoutAnswer, postForm, redirect, refuse, type WebAnswer } from './answers.ts';
import { type Cookie, cookie } from './cookies.ts';
import { formField } from './form-body.ts';
import { isMet, type LoginRequirement, parametersFor } from './login-requirement.ts';
import { checkLogoutToken } from './logout-token.ts';
import { Logouts } from './logouts.ts';
import { returnUrl } from './return-path.ts';
import { memorySessionStore, type SessionStore } from './session-store.ts';

/** The login of a web application that runs on a server. */
export interface WebLoginOptions {
  /** The issuer identifier, exactly as the service has it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  /** `privateKeyJwt(...)`, instead of a secret. */
  readonly authenticate?: ClientOptions['authenticate'];
  /**
   * `dpop({ keys: jwkKeys(jwk) })` binds the tokens of all sessions to a key of the application. With `memoryKeys()` the sessions
   * end with the process, and only it can finish their logins.
   */
  readonly dpop?: Dpop | undefined;
  /** The application's public origin, `https://app.example.com`. Never read from a request. */
  readonly origin: string;
  /**
   * Names separated by spaces; `openid` by default. With `offline_access` a session lasts for `sessionLifetime`, otherwise it
   * ends with its access token.
   */
  readonly scope?: string | undefined;
  /** Identifiers of the APIs that tokens are for. */
  readonly resource?: string | readonly string[] | undefined;
  /** Further origins that the `fetch` of a session may send the access token to. */
  readonly origins?: readonly string[] | undefined;
  /** Push the authorization request. Source: RFC 9126. */
  readonly pushed?: boolean | undefined;
  /**
   * `/auth/login`, `/auth/callback`, `/auth/logout` and `/auth/backchannel-logout` by default. `origin` with `callback` is the
   * redirect URI, and with `backchannelLogout` the registered `backchannel_logout_uri`.
   */
  readonly paths?: Partial<WebPaths> | undefined;
  /** Paths after a login without a path of its own, and after a logout; `/` by default. The latter is registered, with `origin`. */
  readonly afterLogin?: string | undefined;
  readonly afterLogout?: string | undefined;
  /**
   * HTML for a failed login instead of our own page: it may load styles and images of the application, and no script. It must
   * escape what it quotes of `error`.
   */
  readonly errorPage?: ErrorPage | undefined;
  /** In this process by default. */
  readonly sessions?: SessionStore | undefined;
  /** Seconds after which an end-user must log in again in any case; 43200 by default. */
  readonly sessionLifetime?: number | undefined;
  /** Excludes concurrent refreshes of one session; in this process by default. */
  readonly locks?: Locks | undefined;
  readonly fetch?: Fetch | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** The paths of the routes. */
export interface WebPaths {
  readonly login: string;
  readonly callback: string;
  readonly logout: string;
  /** Back-channel logout by the issuer. Source: OpenID Connect Back-Channel Logout 1.0. */
  readonly backchannelLogout: string;
}

/** A request to the application. A Fetch `Request` is one. */
export interface WebRequest {
  readonly method: string;
  /** The request target, a path or a URL. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  /** Body of the issuer's request. */
  readonly body?: ReadableStream<Uint8Array> | null | undefined;
}

/** One login, as the application wants it; the options of {@link WebLogin} are the defaults. */
export interface BeginLoginOptions extends Pick<LoginOptions, 'scope' | 'resource' | 'parameters'> {
  /** Path of the application that the browser returns to. */
  readonly returnTo?: string | undefined;
}

/** An end-user logged in in this browser. Tokens stay on the server. */
export interface WebSession {
  /** Claims of the ID token; undefined without the scope `openid`. */
  readonly claims: IdTokenClaims | undefined;
  /** A valid access token, refreshed if necessary. Throws: {@link TesseraError}. */
  accessToken(): Promise<string>;
  /** `fetch` with the access token, to the issuer, the APIs of `resource`, and `origins`. Throws: {@link TesseraError}. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** The login of a web application, for any server framework. */
export interface WebLogin {
  /** The paths of the four routes. */
  readonly paths: WebPaths;
  /** Handles the four routes; undefined for any other. Never throws for what a browser, or anybody, sent. */
  handle(request: WebRequest): Promise<WebAnswer | undefined>;
  /**
   * Undefined when nobody is logged in. When the access token has expired, the service is asked by a refresh: a session that it
   * refuses has ended, as has one without a refresh token. While it does not answer, the session goes on for an hour.
   */
  session(request: Pick<WebRequest, 'headers'>): Promise<WebSession | undefined>;
  /**
   * Begins a login with parameters such as `prompt`, `login_hint` or `acr_values`, or with those of `stepUpOf(response)`, and
   * returns the redirect to it. They are the application's: none is read from the request, since a link may be by anybody.
   */
  begin(request: Pick<WebRequest, 'headers'>, options?: BeginLoginOptions): Promise<WebAnswer>;
  /** URL that logs a browser in and then returns to the path. */
  loginUrl(returnTo?: string): string;
  /**
   * The session of a request that requires one; otherwise the response: a page redirects to the login and back, other requests
   * get 401, and state-changing requests of another origin get 403. A session that does not meet the requirement is treated like
   * none, and its page redirects to a login that does.
   */
  enter(
    request: WebRequest,
    requirement?: LoginRequirement,
  ): Promise<{ readonly session: WebSession } | { readonly answer: WebAnswer }>;
}

/** Source: RFC 9110 §9.2.1. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Seconds that a pending login is remembered. */
const loginLifetime = 900;

/** Milliseconds that an unchecked session goes on, and in which the service is asked once. */
const uncheckedMs = 3_600_000;
const restMs = 30_000;
/** Milliseconds that a request waits for a check, which then goes on in the background. */
const patienceMs = 3_000;

/** Bytes of a form with a logout token; the service's have less than 1 KB. */
const longestLogout = 16_384;

/** Throws: TypeError for an invalid `origin`. */
export function createWebLogin(options: WebLoginOptions): WebLogin {
  return new ServerWebLogin(options);
}

class ServerWebLogin implements WebLogin {
  private readonly discovery: Discovery;
  private readonly store: SessionStore;
  private readonly lifetime: number;
  private readonly now: () => number;
  private readonly dpop: Dpop | undefined;
  readonly paths: WebPaths;
  private readonly logouts: Logouts;
  /** By session key: of concurrent requests one checks. */
  private readonly checks = new Map<string, Promise<boolean>>();
  /** When the service last failed to answer a check, in milliseconds. */
  private awayAt = -Infinity;
  /**
   * A pending login and a session have separate cookies, and the session's value is generated after the login: no value that a
   * browser had before leads to a session.
   */
  private readonly loginCookie: Cookie;
  private readonly sessionCookie: Cookie;

  constructor(private readonly options: WebLoginOptions) {
    const { issuer, clientId, origin, fetch, now = Date.now, paths, sessions, sessionLifetime = 43_200 } = options;
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new TypeError('origin must be an origin: https://app.example.com, without a path or a slash at its end');
    }
    this.discovery = createDiscovery({ issuer, fetch, now });
    this.store = sessions ?? memorySessionStore(10_000, now);
    this.lifetime = sessionLifetime;
    this.now = now;
    this.dpop = options.dpop && ofAllSessions(options.dpop);
    this.paths = {
      login: '/auth/login',
      callback: '/auth/callback',
      logout: '/auth/logout',
      backchannelLogout: '/auth/backchannel-logout',
      ...paths,
    };
    this.logouts = new Logouts({ store: this.store, client: `${clientId}@${issuer}`, lifetime: sessionLifetime, now });
    const isSecure = origin.startsWith('https:');
    this.loginCookie = cookie('tessera-login', isSecure);
    this.sessionCookie = cookie('tessera-session', isSecure);
  }

  async handle(request: WebRequest): Promise<WebAnswer | undefined> {
    const url = URL.canParse(request.url, this.options.origin) ? new URL(request.url, this.options.origin) : undefined;
    const { login, callback, logout, backchannelLogout } = this.paths;
    const route = [login, callback, logout, backchannelLogout].find((path) => path === url?.pathname);
    if (url === undefined || route === undefined) return undefined;
    const method = route === logout || route === backchannelLogout ? 'POST' : 'GET';
    if (request.method !== method) return refuse(405, 'This address is asked in another way.', { allow: method });
    if (route === logout) return this.logOut(request);
    if (route === backchannelLogout) return this.endByIssuer(request);
    try {
      return route === login ? await this.open(request, url) : await this.finish(request, url);
    } catch (error) {
      if (error instanceof TesseraError) return failure(error, this.loginUrl(), this.options.errorPage);
      throw error;
    }
  }

  loginUrl(returnTo?: string): string {
    const query = returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`;
    return `${this.options.origin}${this.paths.login}${query}`;
  }

  async begin(
    request: Pick<WebRequest, 'headers'>,
    options: BeginLoginOptions = {},
    requirement?: LoginRequirement,
  ): Promise<WebAnswer> {
    const { returnTo, ...wanted } = options;
    const id = idIn(this.loginCookie, request) ?? newSecret(crypto);
    const data = JSON.stringify({ returnTo: this.returnUrl(returnTo), requirement, at: this.now() });
    try {
      const location = await this.client('login', await keyOf('login', id)).begin({ ...wanted, data });
      return redirect(location, [this.loginCookie.set(id, loginLifetime)]);
    } catch (error) {
      if (error instanceof TesseraError) return failure(error, this.loginUrl(returnTo), this.options.errorPage);
      throw error;
    }
  }

  async enter(
    request: WebRequest,
    requirement: LoginRequirement = {},
  ): Promise<{ readonly session: WebSession } | { readonly answer: WebAnswer }> {
    const { method, url, headers } = request;
    // SameSite=Lax lets pages of sibling hosts through. Source: OWASP, Cross-Site Request Forgery Prevention Cheat Sheet.
    if (!safeMethods.has(method) && !this.isOwn(request)) {
      return { answer: refuse(403, 'This was sent by a page of another application.') };
    }
    const session = await this.session(request);
    if (session !== undefined && isMet(session.claims, requirement, this.now())) return { session };
    // A script that follows the redirect would get another origin's login page, which it cannot use.
    const isPage = method === 'GET' && (headers.get('accept') ?? '').includes('text/html');
    const parameters = parametersFor(requirement);
    const isPlain = Object.keys(parameters).length === 0;
    if (!isPage) return { answer: refuse(401, session ? 'Another login is required.' : 'Nobody is logged in.') };
    // The login's own route, which also a link may open, takes no parameters.
    if (isPlain) return { answer: redirect(this.loginUrl(url)) };
    return { answer: await this.begin(request, { returnTo: url, parameters }, requirement) };
  }

  /** Only a path is read from the URL: whoever wrote a link decides nothing else about the login. */
  private open(request: WebRequest, { searchParams }: URL): Promise<WebAnswer> {
    return this.begin(request, { returnTo: searchParams.get('return_to') ?? undefined });
  }

  private async finish(request: WebRequest, url: URL): Promise<WebAnswer> {
    const loginId = idIn(this.loginCookie, request);
    const callback = `${this.options.origin}${this.paths.callback}${url.search}`;
    // Session fixation: generated now, for this login only.
    const id = newSecret(crypto);
    try {
      const client = this.client(
        'login',
        await keyOf('login', loginId ?? newSecret(crypto)),
        await keyOf('session', id),
      );
      const { tokens, data } = await client.finish(callback);
      const { returnTo, requirement, at } = begunAs(data);
      // Its page would begin the same login again, and again.
      if (!isMet(tokens.claims, requirement, at)) {
        await this.end(await keyOf('session', id));
        throw new TesseraError('unmet_authentication_requirements');
      }
      await this.endFormer(request);
      return redirect(returnTo ?? this.returnUrl(undefined), [this.sessionCookie.set(id, this.lifetime)]);
    } catch (error) {
      // A repeated callback, by a reload or the back button: its end-user is logged in already.
      const isKnown = error instanceof TesseraError && error.code === 'login_unknown';
      if (isKnown && (await this.session(request)) !== undefined) return redirect(this.returnUrl(undefined));
      throw error;
    }
  }

  private async logOut(request: WebRequest): Promise<WebAnswer> {
    if (!this.isOwn(request)) return refuse(403, 'Only this application logs its end-users out.');
    const { origin, afterLogout = '/' } = this.options;
    const cookies = [this.sessionCookie.clear()];
    const id = idIn(this.sessionCookie, request);
    if (id === undefined) return redirect(`${origin}${afterLogout}`, cookies);
    const key = await keyOf('session', id);
    const client = this.client('session', key);
    try {
      // Even if expired: their ID token names the session to end.
      const held = await this.sessionIn(key).get(key);
      if (held === undefined) return redirect(`${origin}${afterLogout}`, cookies);
      const { url, form } = await client.logout({ postLogoutRedirectUri: `${origin}${afterLogout}` });
      return postForm(url.replace(/\?.*$/, ''), form, cookies);
    } catch (error) {
      if (!(error instanceof TesseraError)) throw error;
      // The issuer is unavailable: the session ends at least here.
      return redirect(`${origin}${afterLogout}`, cookies);
    } finally {
      await this.store.remove(key);
    }
  }

  async session(request: Pick<WebRequest, 'headers'>): Promise<WebSession | undefined> {
    const id = idIn(this.sessionCookie, request);
    if (id === undefined) return undefined;
    const key = await keyOf('session', id);
    const client = this.client('session', key);
    const held = await client.tokens();
    const isOver = held !== undefined && held.expiresAt <= this.now();
    if (isOver && !(await this.goesOn(key, client, held))) return undefined;
    const tokens = isOver ? await client.tokens() : held;
    if (tokens === undefined) return undefined;
    return {
      claims: tokens.claims,
      accessToken: () => client.accessToken(),
      fetch: (input, init) => client.fetch(input, init),
    };
  }

  /** Whether the grant behind a session is still live: for a disabled user, for example, it is not. */
  private async goesOn(key: string, client: Client, { expiresAt }: TokenSet): Promise<boolean> {
    if (Math.abs(this.now() - this.awayAt) < restMs) return this.now() < expiresAt + uncheckedMs;
    const check = this.checks.get(key) ?? this.check(client, expiresAt).finally(() => this.checks.delete(key));
    this.checks.set(key, check);
    return check;
  }

  private async check(client: Client, expiresAt: number): Promise<boolean> {
    try {
      await Promise.race([client.accessToken(), silence()]);
      return true;
    } catch (error) {
      if (!(error instanceof TesseraError)) throw error;
      if (!isPassing(error)) return false;
      this.awayAt = this.now();
      return this.now() < expiresAt + uncheckedMs;
    }
  }

  /** Source: OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8. */
  private async endByIssuer(request: WebRequest): Promise<WebAnswer> {
    const token = await formField(request, 'logout_token', longestLogout);
    const { clientId } = this.options;
    try {
      await this.logouts.add(
        await checkLogoutToken(token ?? '', { discovery: this.discovery, clientId, now: this.now() }),
      );
      return logoutAnswer(undefined);
    } catch (error) {
      if (error instanceof TesseraError) return logoutAnswer(error);
      throw error;
    }
  }

  /** A new login replaces the browser's session. */
  private async endFormer(request: WebRequest): Promise<void> {
    const id = idIn(this.sessionCookie, request);
    if (id === undefined) return;
    await this.end(await keyOf('session', id));
  }

  private async end(key: string): Promise<void> {
    try {
      await this.client('session', key).revoke();
    } catch (error) {
      if (!(error instanceof TesseraError)) throw error;
    } finally {
      await this.store.remove(key);
    }
  }

  /** A path of the application, but none of the four routes: they would loop. */
  private returnUrl(path: string | null | undefined): string {
    const { origin, afterLogin = '/' } = this.options;
    const url = returnUrl(path, origin);
    const isOfLogin = url !== undefined && Object.values(this.paths).includes(new URL(url).pathname);
    return url === undefined || isOfLogin ? `${origin}${afterLogin}` : url;
  }

  /**
   * A page of another site can post a form here, and browsers reveal that. Source: Fetch Metadata Request Headers §2.4;
   * RFC 6454 §7.
   */
  private isOwn({ headers }: WebRequest): boolean {
    const site = headers.get('sec-fetch-site');
    if (site !== null) return site === 'same-origin' || site === 'none';
    const from = headers.get('origin');
    return from === null || from === this.options.origin;
  }

  /** The client of one browser: `lockKey` names its lock, `tokensKey` the place of its tokens. */
  private client(kind: 'login' | 'session', lockKey: string, tokensKey = lockKey): Client {
    const { issuer, clientId, clientSecret, authenticate, origin, scope, resource, origins } = this.options;
    const { pushed, fetch, locks, now } = this.options;
    return createClient({
      issuer,
      clientId,
      clientSecret,
      authenticate,
      redirectUri: `${origin}${this.paths.callback}`,
      scope,
      resource,
      origins,
      pushed,
      dpop: this.dpop,
      fetch,
      locks,
      now,
      discovery: this.discovery,
      lockName: lockKey,
      tokens: this.sessionIn(tokensKey),
      ...(kind === 'login' && { logins: this.loginsIn(lockKey) }),
    });
  }

  /** One value of the store, under any key of the client. Each login in it has its own time. */
  private loginsIn(key: string): ClientStorage {
    return {
      get: () => this.store.get(key),
      set: (_name, value) => this.store.set(key, value, loginLifetime),
      remove: () => this.store.remove(key),
    };
  }

  /**
   * As {@link loginsIn}, with the time at which it ends: refreshing prolongs no session, not even for the thief of its cookie.
   * An end by the issuer hides it. Source: OWASP, Session Management Cheat Sheet.
   */
  private sessionIn(key: string): ClientStorage {
    let endsAt = this.now() + this.lifetime * 1000;
    return {
      get: async () => {
        const [, end, value] = /^(\d+) (.*)$/s.exec((await this.store.get(key)) ?? '') ?? [];
        if (value === undefined || Number(end) <= this.now()) return undefined;
        endsAt = Number(end);
        if (!(await this.logouts.include(value, endsAt - this.lifetime * 1000))) return value;
        await this.store.remove(key);
        return undefined;
      },
      set: (_name, value) => {
        const left = Math.max(1, Math.ceil((endsAt - this.now()) / 1000));
        return this.store.set(key, `${endsAt} ${value}`, left);
      },
      remove: () => this.store.remove(key),
    };
  }
}

/** How a login was begun. */
interface Begun {
  readonly returnTo?: string;
  readonly requirement: LoginRequirement;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Also for a login that a former version of this package began. */
function begunAs(data = ''): Begun {
  return { requirement: {}, at: 0, ...(membersOf(data) as Partial<Begun> | undefined) };
}

/** A value that we generated; any other counts as absent. */
function idIn(of: Cookie, { headers }: Pick<WebRequest, 'headers'>): string | undefined {
  const value = of.read(headers.get('cookie'));
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
}

/** The key of a session: the hash of the browser's cookie. */
async function keyOf(kind: 'login' | 'session', id: string): Promise<string> {
  return `${kind}.${await s256(crypto, id)}`;
}

/** Rejects for a service that never answers: a refresh gives up after half a minute, longer than a page should wait. */
function silence(): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new TesseraError('service_unreachable')), patienceMs);
    // Does not keep a Node.js process alive.
    (timer as { unref?: () => void }).unref?.();
  });
}
