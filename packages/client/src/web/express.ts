/** `@tessera/client/web/express`: login routes for Express. */
import type { Request, RequestHandler, Response } from 'express';
import type { Awaitable } from '../storage.ts';
import type { WebAnswer } from './answers.ts';
import { keepSession, keptSession } from './kept-session.ts';
import { assertLoginRequirement, type LoginRequirement } from './login-requirement.ts';
import { nodeWebRequest, streamOf } from './node-request.ts';
import type { BeginLoginOptions, WebLogin, WebRequest, WebSession } from './web-login.ts';

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
export function loginRoutes(login: WebLogin): RequestHandler {
  return caught(async (request, response, next) => {
    const answer = await login.handle(webRequestOf(request));
    if (answer === undefined) return next();
    return send(response, answer);
  });
}

/**
 * A route that begins a login with parameters of the application, such as `prompt` or `login_hint`. What the request says is only
 * used where `options` is a function that reads it.
 */
export function beginLogin(
  login: WebLogin,
  options: BeginLoginOptions | ((request: Request) => Awaitable<BeginLoginOptions>) = {},
): RequestHandler {
  return caught(async (request, response) => {
    const wanted = typeof options === 'function' ? await options(request) : options;
    send(response, await login.begin(webRequestOf(request), wanted));
  });
}

/**
 * Serves a request only to a logged-in end-user, available by `sessionOf(request)`. Otherwise a page redirects to the login,
 * other requests get 401, and state-changing requests of another origin get 403. With `acr` or `maxAge`, a session that does not
 * meet them is treated like none. Responses are not cached unless the route says so. Throws: TypeError for an invalid
 * requirement.
 */
export function requireLogin(login: WebLogin, requirement: LoginRequirement = {}): RequestHandler {
  assertLoginRequirement(requirement);
  return caught(async (request, response, next) => {
    const entered = await login.enter(webRequestOf(request), requirement);
    if ('answer' in entered) return send(response, entered.answer);
    keepSession(request, entered.session);
    response.set('cache-control', 'no-store');
    return next();
  });
}

/** The session, for pages that everybody may see; undefined when nobody is logged in. */
export function findSession(login: WebLogin, request: Request): Promise<WebSession | undefined> {
  return login.session(webRequestOf(request));
}

/** Express 4 leaves a rejection unhandled, which ends the process: a store that is briefly unavailable must not do that. */
function caught(handler: (...of: Parameters<RequestHandler>) => Promise<void>): RequestHandler {
  return (request, response, next) => {
    handler(request, response, next).catch(next);
  };
}

/** Throws: TypeError when the route lacks `requireLogin`. */
export function sessionOf(request: Request): WebSession {
  return keptSession(request);
}

function webRequestOf(request: Request): WebRequest {
  return nodeWebRequest(request, () => bodyOf(request));
}

/** The posted body, even if a parser of the application has read it before. */
function bodyOf(request: Request): ReadableStream<Uint8Array> | null {
  const { body } = request as { readonly body?: unknown };
  if (typeof body === 'string' || body instanceof Uint8Array) return new Response(body as BodyInit).body;
  const parsed = Object.entries(Object(body) as object).filter((each): each is [string, string] => {
    return typeof each[1] === 'string';
  });
  if (parsed.length > 0) return new Response(new URLSearchParams(parsed)).body;
  return streamOf(request);
}

function send(response: Response, { status, headers, cookies, body }: WebAnswer): void {
  response.status(status).set(headers);
  for (const each of cookies) response.append('set-cookie', each);
  response.end(body);
}
