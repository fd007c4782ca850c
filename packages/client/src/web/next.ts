/** `@tessera/client/web/next`: login routes for handlers from `Request` to `Response`, as in Next.js. */
import { responseOf, targetOf, withoutCache } from './fetch-answers.ts';
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

/** A handler of Next.js, or of any server on the Fetch standard. */
export type RouteHandler = (request: Request) => Promise<Response>;

/**
 * The handlers of `app/auth/[route]/route.ts`: `export const { GET, POST } = loginRoutes(login)`. `login.session(request)` is
 * the session; in a page use `login.session({ headers: await headers() })`.
 */
export function loginRoutes(login: WebLogin): { readonly GET: RouteHandler; readonly POST: RouteHandler } {
  const route: RouteHandler = async (request) => {
    const answer = await login.handle(request);
    return answer === undefined ? new Response('Not found', { status: 404 }) : responseOf(answer);
  };
  return { GET: route, POST: route };
}

/**
 * The redirect to a login with parameters of the application, such as `prompt` or `login_hint`, for a handler that decides on
 * them. None is read from the request.
 */
export async function beginLogin(login: WebLogin, request: Request, options?: BeginLoginOptions): Promise<Response> {
  return responseOf(await login.begin(request, options));
}

/**
 * Serves a request only to a logged-in end-user. Otherwise a page redirects to the login, other requests get 401, and
 * state-changing requests of another origin get 403. With `acr` or `maxAge`, a session that does not meet them is treated like
 * none. Responses are not cached unless the handler says so. The framework's further arguments, such as `{ params }` of Next.js,
 * follow the session. Throws: TypeError for an invalid requirement.
 */
export function requireLogin<Rest extends unknown[]>(
  login: WebLogin,
  handler: (request: Request, session: WebSession, ...rest: Rest) => Promise<Response> | Response,
  requirement: LoginRequirement = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  assertLoginRequirement(requirement);
  return async (request, ...rest) => {
    const entered = await login.enter(targetOf(request), requirement);
    if ('answer' in entered) return responseOf(entered.answer);
    return withoutCache(await handler(request, entered.session, ...rest));
  };
}
