import type { Fetch } from '../answer.ts';
import { createClient } from '../client.ts';
import type { Client } from '../client-options.ts';
import { createDiscovery, type Discovery } from '../discovery.ts';
import { TesseraError } from '../errors.ts';
import { isPassing } from '../held-tokens.ts';
import type { Locks } from '../locks.ts';
import type { ClientStorage } from '../storage.ts';
import type { IdTokenClaims, TokenSet } from '../tokens.ts';
import { newSecret, s256 } from '../web-crypto.ts';
import { type ErrorPage, failure, logoutAnswer, postForm, redirect, refuse, type WebAnswer } from './answers.ts';
import { type Cookie, cookie } from './cookies.ts';
import { formField } from './form-body.ts';
import { checkLogoutToken } from './logout-token.ts';
import { Logouts } from './logouts.ts';
import { returnUrl } from './return-path.ts';
import { memorySessionStore, type SessionStore } from './session-store.ts';

/** A web application that runs on a server, and its login. */
export interface WebLoginOptions {
  /** The issuer identifier, exactly as the service has it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  /** Where end-users see the application: an origin, `https://app.example.com`. Never read from a request. */
  readonly origin: string;
  /**
   * Names separated by spaces; `openid` by default. With `offline_access` a session goes on for `sessionLifetime`, else it
   * ends with its access token.
   */
  readonly scope?: string | undefined;
  /** Identifiers of the APIs that tokens are for. */
  readonly resource?: string | readonly string[] | undefined;
  /** Push the authorization request. Source: RFC 9126. */
  readonly pushed?: boolean | undefined;
  /**
   * `/auth/login`, `/auth/callback`, `/auth/logout` and `/auth/backchannel-logout` by default. `origin` with `callback` is the
   * redirect URI, and with `backchannelLogout` what is registered as `backchannel_logout_uri`.
   */
  readonly paths?: Partial<WebPaths> | undefined;
  /** Paths where a login without a path of its own ends, and a logout; `/` by default. The latter is registered, with `origin`. */
  readonly afterLogin?: string | undefined;
  readonly afterLogout?: string | undefined;
  /**
   * The HTML of a login that failed, in place of our own page: it may load styles and images of the application, and no
   * script. What it quotes of `error` it has to escape.
   */
  readonly errorPage?: ErrorPage | undefined;
  /** Of this process by default. */
  readonly sessions?: SessionStore | undefined;
  /** Seconds after which an end-user logs in again, whatever happens meanwhile; 43200 by default. */
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
  /** Where the issuer tells that a session ended. Source: OpenID Connect Back-Channel Logout 1.0. */
  readonly backchannelLogout: string;
}

/** A request to the application. A `Request` of the Fetch standard is one. */
export interface WebRequest {
  readonly method: string;
  /** The request target, a path or a whole URL. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  /** Of what is posted by the issuer. */
  readonly body?: ReadableStream<Uint8Array> | null | undefined;
}

/** An end-user who is logged in, in this browser. Tokens stay on the server. */
export interface WebSession {
  /** Of the ID token; undefined where the scope has no `openid`. */
  readonly claims: IdTokenClaims | undefined;
  /** An access token that is good for a while, refreshed where it must be. Throws: {@link TesseraError}. */
  accessToken(): Promise<string>;
  /** As `fetch`, with the access token, to the issuer and the APIs of `resource`. Throws: {@link TesseraError}. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** The login of a web application, for whatever serves its requests. */
export interface WebLogin {
  /** Answers the four routes; undefined for any other. Never throws for what a browser, or anybody, sent. */
  handle(request: WebRequest): Promise<WebAnswer | undefined>;
  /**
   * Undefined where nobody is logged in. The service is asked whenever the access token is over, by a refresh: a session that
   * it refuses has ended, and so has one without a refresh token. While it does not answer, the session goes on for an hour.
   */
  session(request: Pick<WebRequest, 'headers'>): Promise<WebSession | undefined>;
  /** Where to send a browser that has to log in first, and then comes back to the path. */
  loginUrl(returnTo?: string): string;
  /**
   * The session of a request that is for who is logged in alone; else the answer: a page that is opened leads to the login
   * and back, anything else is a 401, and what the page of another origin sends to change something is a 403.
   */
  enter(request: WebRequest): Promise<{ readonly session: WebSession } | { readonly answer: WebAnswer }>;
}

/** Source: RFC 9110 §9.2.1. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Seconds; as long as a login that is under way is remembered. */
const loginLifetime = 900;

/** Milliseconds for which a session goes on that could not be checked, and in which the service is asked once. */
const uncheckedMs = 3_600_000;
const restMs = 30_000;
/** Milliseconds for which a request waits for a check, which goes on without it. */
const patienceMs = 3_000;

/** Bytes of a logout token in its form; one of the service has under 1 KB. */
const longestLogout = 16_384;

/** Throws: TypeError for an `origin` that is none. */
export function createWebLogin(options: WebLoginOptions): WebLogin {
  return new ServerWebLogin(options);
}

class ServerWebLogin implements WebLogin {
  private readonly discovery: Discovery;
  private readonly store: SessionStore;
  private readonly lifetime: number;
  private readonly now: () => number;
  private readonly paths: WebPaths;
  private readonly logouts: Logouts;
  /** By the key of the session: of requests at once, one checks. */
  private readonly checks = new Map<string, Promise<boolean>>();
  /** When the service did not answer to a check last: milliseconds. */
  private awayAt = -Infinity;
  /**
   * A login that is under way and a session have cookies of their own, and the latter's value is made when the login has
   * succeeded: whatever a browser was given before leads to no session.
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
      return route === login ? await this.begin(request, url) : await this.finish(request, url);
    } catch (error) {
      if (error instanceof TesseraError) return failure(error, this.loginUrl(), this.options.errorPage);
      throw error;
    }
  }

  loginUrl(returnTo?: string): string {
    const query = returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`;
    return `${this.options.origin}${this.paths.login}${query}`;
  }

  async enter(request: WebRequest): Promise<{ readonly session: WebSession } | { readonly answer: WebAnswer }> {
    const { method, url, headers } = request;
    // SameSite=Lax lets the pages of sibling hosts through. Source: OWASP, Cross-Site Request Forgery Prevention Cheat Sheet.
    if (!safeMethods.has(method) && !this.isOwn(request)) {
      return { answer: refuse(403, 'This was sent by a page of another application.') };
    }
    const session = await this.session(request);
    if (session !== undefined) return { session };
    // A script that follows the redirect would get the login page of another origin, and could do nothing with it.
    const isPage = method === 'GET' && (headers.get('accept') ?? '').includes('text/html');
    return { answer: isPage ? redirect(this.loginUrl(url)) : refuse(401, 'Nobody is logged in.') };
  }

  private async begin(request: WebRequest, url: URL): Promise<WebAnswer> {
    const id = idIn(this.loginCookie, request) ?? newSecret(crypto);
    const data = this.returnUrl(url.searchParams.get('return_to'));
    const location = await this.client('login', await keyOf('login', id)).begin({ data });
    return redirect(location, [this.loginCookie.set(id, loginLifetime)]);
  }

  private async finish(request: WebRequest, url: URL): Promise<WebAnswer> {
    const loginId = idIn(this.loginCookie, request);
    const callback = `${this.options.origin}${this.paths.callback}${url.search}`;
    // Session fixation: made now, for this login alone.
    const id = newSecret(crypto);
    try {
      const client = this.client(
        'login',
        await keyOf('login', loginId ?? newSecret(crypto)),
        await keyOf('session', id),
      );
      const { data } = await client.finish(callback);
      await this.endFormer(request);
      return redirect(data ?? this.returnUrl(undefined), [this.sessionCookie.set(id, this.lifetime)]);
    } catch (error) {
      // A callback that comes twice, by a reload or the back button: its end-user is logged in already.
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
      // Also where they expired: their ID token says whose session ends.
      const held = await this.sessionIn(key).get(key);
      if (held === undefined) return redirect(`${origin}${afterLogout}`, cookies);
      const { url, form } = await client.logout({ postLogoutRedirectUri: `${origin}${afterLogout}` });
      return postForm(url.replace(/\?.*$/, ''), form, cookies);
    } catch (error) {
      if (!(error instanceof TesseraError)) throw error;
      // The issuer is away: here, at least, the session is over.
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

  /** Whether the grant behind a session goes on: of a user who was disabled, for example, it does not. */
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

  /** Who logs in again has one session, not two. */
  private async endFormer(request: WebRequest): Promise<void> {
    const id = idIn(this.sessionCookie, request);
    if (id === undefined) return;
    const key = await keyOf('session', id);
    try {
      await this.client('session', key).revoke();
    } catch (error) {
      if (!(error instanceof TesseraError)) throw error;
    } finally {
      await this.store.remove(key);
    }
  }

  /** A path of the application, and none of the four routes: they would lead in a circle. */
  private returnUrl(path: string | null | undefined): string {
    const { origin, afterLogin = '/' } = this.options;
    const url = returnUrl(path, origin);
    const isOfLogin = url !== undefined && Object.values(this.paths).includes(new URL(url).pathname);
    return url === undefined || isOfLogin ? `${origin}${afterLogin}` : url;
  }

  /** A page of another site can post a form here, and a browser says so. Source: Fetch Metadata Request Headers §2.4; RFC 6454 §7. */
  private isOwn({ headers }: WebRequest): boolean {
    const site = headers.get('sec-fetch-site');
    if (site !== null) return site === 'same-origin' || site === 'none';
    const from = headers.get('origin');
    return from === null || from === this.options.origin;
  }

  /** The client of one browser: `lockKey` is what its calls exclude each other by, `tokensKey` where its tokens are. */
  private client(kind: 'login' | 'session', lockKey: string, tokensKey = lockKey): Client {
    const { issuer, clientId, clientSecret, origin, scope, resource, pushed, fetch, locks, now } = this.options;
    return createClient({
      issuer,
      clientId,
      clientSecret,
      redirectUri: `${origin}${this.paths.callback}`,
      scope,
      resource,
      pushed,
      fetch,
      locks,
      now,
      discovery: this.discovery,
      lockName: lockKey,
      tokens: this.sessionIn(tokensKey),
      ...(kind === 'login' && { logins: this.loginsIn(lockKey) }),
    });
  }

  /** One value of the store, whatever the client calls it. Each login in it knows by itself when it began. */
  private loginsIn(key: string): ClientStorage {
    return {
      get: () => this.store.get(key),
      set: (_name, value) => this.store.set(key, value, loginLifetime),
      remove: () => this.store.remove(key),
    };
  }

  /**
   * The same, with the time at which it ends: a session that is refreshed lives no longer, also for who stole its cookie.
   * Nothing is found of one that the issuer has ended. Source: OWASP, Session Management Cheat Sheet.
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

/** A value that we made; any other is as good as none. */
function idIn(of: Cookie, { headers }: Pick<WebRequest, 'headers'>): string | undefined {
  const value = of.read(headers.get('cookie'));
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
}

/** Where a session is kept: the hash of what its browser holds. */
async function keyOf(kind: 'login' | 'session', id: string): Promise<string> {
  return `${kind}.${await s256(crypto, id)}`;
}

/** A service that keeps the connection and says nothing: a refresh gives up after half a minute, which no page waits for. */
function silence(): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new TesseraError('service_unreachable')), patienceMs);
    // A process of Node.js does not go on for it.
    (timer as { unref?: () => void }).unref?.();
  });
}
