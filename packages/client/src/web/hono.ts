/** `@tessera/client/web/hono`: login routes for Hono. */
import type { Context, Handler, MiddlewareHandler } from 'hono';
import type { Awaitable } from '../storage.ts';
import { responseOf, targetOf } from './fetch-answers.ts';
import { keepSession, keptSession } from './kept-session.ts';
import { assertLoginRequirement, type LoginRequirement } from './login-requirement.ts';
import type { BeginLoginOptions, WebLogin, WebSession } from './web-login.ts';

export { jwkKeys } from './application-key.ts';
export type { ErrorPage, LoginFailure, WebAnswer } from './answers.ts';
export type { LoginRequirement } from './login-requirement.ts';
export { type SessionStore, memorySessionStore } from './session-store.ts';
export {
  type BeginLoginOptions,
  createWebLogin,
  type WebLogin,
  type WebLoginOptions,
  type WebPaths,
  type WebRequest,
  type WebSession,
} from './web-login.ts';

/** `app.use(loginRoutes(login))`: login, callback, logout, and the issuer's back-channel logout. */
export function loginRoutes(login: WebLogin): MiddlewareHandler {
  return async (context, next) => {
    const answer = await login.handle(context.req.raw);
    return answer === undefined ? next() : responseOf(answer);
  };
}

/**
 * A route that begins a login with parameters of the application, such as `prompt` or `login_hint`. What the request says is only
 * used where `options` is a function that reads it.
 */
export function beginLogin(
  login: WebLogin,
  options: BeginLoginOptions | ((context: Context) => Awaitable<BeginLoginOptions>) = {},
): Handler {
  return async (context) => {
    const wanted = typeof options === 'function' ? await options(context) : options;
    return responseOf(await login.begin(context.req.raw, wanted));
  };
}

/**
 * Serves a request only to a logged-in end-user, available by `sessionOf(context)`. Otherwise a page redirects to the login,
 * other requests get 401, and state-changing requests of another origin get 403. With `acr` or `maxAge`, a session that does not
 * meet them is treated like none. Responses are not cached unless the route says so. Throws: TypeError for an invalid
 * requirement.
 */
export function requireLogin(login: WebLogin, requirement: LoginRequirement = {}): MiddlewareHandler {
  assertLoginRequirement(requirement);
  return async (context, next) => {
    const entered = await login.enter(targetOf(context.req.raw), requirement);
    if ('answer' in entered) return responseOf(entered.answer);
    keepSession(context, entered.session);
    await next();
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
    return undefined;
  };
}

/** The session, for pages that everybody may see; undefined when nobody is logged in. */
export function findSession(login: WebLogin, context: Context): Promise<WebSession | undefined> {
  return login.session(context.req.raw);
}

/** Throws: TypeError when the route lacks `requireLogin`. */
export function sessionOf(context: Context): WebSession {
  return keptSession(context);
}
