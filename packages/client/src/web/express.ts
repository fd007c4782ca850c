/** `@tessera/client/web/express`: login routes for Express. */
import type { Request, RequestHandler, Response } from 'express';
import type { WebAnswer } from './answers.ts';
import type { WebLogin, WebRequest, WebSession } from './web-login.ts';

export { type SessionStore, memorySessionStore } from './session-store.ts';
export { createWebLogin, type WebLogin, type WebLoginOptions, type WebSession } from './web-login.ts';

/** `app.use(loginRoutes(login))`: the login, the callback and the logout. */
export function loginRoutes(login: WebLogin): RequestHandler {
  return async (request, response, next) => {
    const answer = await login.handle(webRequestOf(request));
    if (answer === undefined) return next();
    return send(response, answer);
  };
}

/**
 * Serves a request only to somebody who is logged in, who is `sessionOf(request)`; else a page leads to the login, and
 * anything else is a 401.
 */
export function requireLogin(login: WebLogin): RequestHandler {
  return async (request, response, next) => {
    const asked = webRequestOf(request);
    const session = await login.session(asked);
    if (session === undefined) return send(response, login.loginRequired(asked));
    sessions.set(request, session);
    return next();
  };
}

const sessions = new WeakMap<Request, WebSession>();

/** Throws: TypeError where `requireLogin` does not stand before the route. */
export function sessionOf(request: Request): WebSession {
  const session = sessions.get(request);
  if (session === undefined) throw new TypeError('requireLogin does not stand before this route');
  return session;
}

function webRequestOf({ method, originalUrl, headers }: Request): WebRequest {
  return {
    method,
    url: originalUrl,
    headers: {
      get: (name) => {
        const value = headers[name];
        return typeof value === 'string' ? value : null;
      },
    },
  };
}

function send(response: Response, { status, headers, cookies, body }: WebAnswer): void {
  response.status(status).set(headers);
  for (const each of cookies) response.append('set-cookie', each);
  response.end(body);
}
