/** `@tessera/client/web/fastify`: login routes for Fastify. */
import type {
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  RouteHandlerMethod,
} from 'fastify';
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

/** `app.register(loginRoutes(login))`, without a prefix: login, callback, logout, and the issuer's back-channel logout. */
export function loginRoutes(login: WebLogin): FastifyPluginAsync {
  return async (app) => {
    // The login reads the bodies itself, whatever the application has for forms.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, body, done) => done(null, body));
    for (const path of Object.values(login.paths) as string[]) {
      app.all(path, async (request, reply) => {
        const answer = await login.handle(webRequestOf(request));
        return answer === undefined ? reply.callNotFound() : send(reply, answer);
      });
    }
  };
}

/**
 * A route that begins a login with parameters of the application, such as `prompt` or `login_hint`. What the request says is only
 * used where `options` is a function that reads it.
 */
export function beginLogin(
  login: WebLogin,
  options: BeginLoginOptions | ((request: FastifyRequest) => Awaitable<BeginLoginOptions>) = {},
): RouteHandlerMethod {
  return async (request, reply) => {
    const wanted = typeof options === 'function' ? await options(request) : options;
    return send(reply, await login.begin(webRequestOf(request), wanted));
  };
}

/**
 * An `onRequest` hook: serves a request only to a logged-in end-user, available by `sessionOf(request)`. Otherwise a page
 * redirects to the login, other requests get 401, and state-changing requests of another origin get 403. With `acr` or `maxAge`,
 * a session that does not meet them is treated like none. Responses are not cached unless the route says so. Throws: TypeError
 * for an invalid requirement.
 */
export function requireLogin(login: WebLogin, requirement: LoginRequirement = {}): onRequestAsyncHookHandler {
  assertLoginRequirement(requirement);
  return async (request, reply) => {
    const entered = await login.enter(webRequestOf(request), requirement);
    if ('answer' in entered) return send(reply, entered.answer);
    keepSession(request, entered.session);
    void reply.header('cache-control', 'no-store');
    return undefined;
  };
}

/** The session, for pages that everybody may see; undefined when nobody is logged in. */
export function findSession(login: WebLogin, request: FastifyRequest): Promise<WebSession | undefined> {
  return login.session(webRequestOf(request));
}

/** Throws: TypeError when the route lacks `requireLogin`. */
export function sessionOf(request: FastifyRequest): WebSession {
  return keptSession(request);
}

function webRequestOf(request: FastifyRequest): WebRequest {
  return nodeWebRequest(request, () => bodyOf(request));
}

/** What the parser of {@link loginRoutes} has left as it came. */
function bodyOf({ body }: FastifyRequest): ReadableStream<Uint8Array> | null {
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return null;
  return streamOf(body as AsyncIterable<Uint8Array>);
}

function send(reply: FastifyReply, { status, headers, cookies, body }: WebAnswer): FastifyReply {
  if (cookies.length > 0) void reply.header('set-cookie', [...cookies]);
  return reply.code(status).headers(headers).send(body);
}
