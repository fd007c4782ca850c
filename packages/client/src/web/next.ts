/** `@tessera/client/web/next`: login routes for handlers from `Request` to `Response`, as Next.js has them. */
import type { WebAnswer } from './answers.ts';
import type { WebLogin, WebSession } from './web-login.ts';

export { type SessionStore, memorySessionStore } from './session-store.ts';
export { createWebLogin, type WebLogin, type WebLoginOptions, type WebSession } from './web-login.ts';

export type RouteHandler = (request: Request) => Promise<Response>;

/**
 * The handlers of `app/auth/[route]/route.ts`: `export const { GET, POST } = loginRoutes(login)`. `login.session(request)` is
 * who is logged in; in a page, `login.session({ headers: await headers() })`.
 */
export function loginRoutes(login: WebLogin): { readonly GET: RouteHandler; readonly POST: RouteHandler } {
  const route: RouteHandler = async (request) => {
    const answer = await login.handle(request);
    return answer === undefined ? new Response('Not found', { status: 404 }) : responseOf(answer);
  };
  return { GET: route, POST: route };
}

/** Serves a request only to somebody who is logged in; else a page leads to the login, and anything else is a 401. */
export function requireLogin(
  login: WebLogin,
  handler: (request: Request, session: WebSession) => Promise<Response> | Response,
): RouteHandler {
  return async (request) => {
    const session = await login.session(request);
    if (session !== undefined) return handler(request, session);
    const { pathname, search } = new URL(request.url);
    return responseOf(
      login.loginRequired({ method: request.method, url: pathname + search, headers: request.headers }),
    );
  };
}

function responseOf({ status, headers, cookies, body }: WebAnswer): Response {
  const response = new Response(body === '' ? null : body, { status, headers });
  for (const each of cookies) response.headers.append('set-cookie', each);
  return response;
}
