import type { WebSession } from './web-login.ts';

const sessions = new WeakMap<object, WebSession>();

/** Kept beside the framework's own request, not on it: code that reads or logs a request finds no session there. */
export function keepSession(request: object, session: WebSession): void {
  sessions.set(request, session);
}

/** Throws: TypeError when no session is kept; `missing` says what the route lacks. */
export function keptSession(request: object, missing = 'requireLogin does not stand before this route'): WebSession {
  const session = sessions.get(request);
  if (session === undefined) throw new TypeError(missing);
  return session;
}
