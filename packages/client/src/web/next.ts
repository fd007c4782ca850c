/** `@tessera/client/web/next`: login routes for handlers from `Request` to `Response`, as in Next.js. */
import type { WebAnswer } from './answers.ts';
import type { WebLogin, WebSession } from './web-login.ts';

export type { ErrorPage, LoginFailure, WebAnswer } from './answers.ts';
export { type SessionStore, memorySessionStore } from './session-store.ts';
export {
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
 * Serves a request only to a logged-in end-user. Otherwise a page redirects to the login, other requests get 401, and
 * state-changing requests of another origin get 403. Responses are not cached unless the handler says so. The framework's
 * further arguments, such as `{ params }` of Next.js, follow the session.
 */
export function requireLogin<Rest extends unknown[]>(
  login: WebLogin,
  handler: (request: Request, session: WebSession, ...rest: Rest) => Promise<Response> | Response,
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const entered = await login.enter({ method, headers, url: pathname + search });
    if ('answer' in entered) return responseOf(entered.answer);
    const response = await handler(request, entered.session, ...rest);
    if (response.headers.has('cache-control')) return response;
    // The headers of a redirect are immutable.
    const uncached = new Response(response.body, response);
    uncached.headers.set('cache-control', 'no-store');
    return uncached;
  };
}

function responseOf({ status, headers, cookies, body }: WebAnswer): Response {
  const response = new Response(body === '' ? null : body, { status, headers });
  for (const each of cookies) response.headers.append('set-cookie', each);
  return response;
}
