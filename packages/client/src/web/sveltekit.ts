/** `@tessera/client/web/sveltekit`: the hook `handle` and handlers for SvelteKit. */
import type { Awaitable } from '../storage.ts';
import { redirect } from './answers.ts';
import { responseOf, withoutCache } from './fetch-answers.ts';
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

/** The used part of SvelteKit's `RequestEvent`. */
export interface SvelteKitEvent {
  readonly request: Request;
  /** For a data request the URL of its page. */
  readonly url: URL;
  readonly locals: object;
  /** Whether it is asked by a navigation within the page. */
  readonly isDataRequest?: boolean;
}

/** The argument of SvelteKit's hook `handle`. */
export interface SvelteKitInput<Event extends SvelteKitEvent> {
  readonly event: Event;
  /** Serves the request. */
  resolve(event: Event): Awaitable<Response>;
}

/** What a request requires; undefined for what everybody may see. */
export type Guarded<Event extends SvelteKitEvent> = (event: Event) => LoginRequirement | undefined;

/**
 * `export const handle = loginHandle(login, guarded)` in `src/hooks.server.ts`: serves login, callback, logout and the issuer's
 * back-channel logout, and what `guarded` names only to a logged-in end-user, as {@link requireLogin} does: pages, `load`
 * functions and form actions. `sessionOf(event)` is the session there. The URL of a remote function is what its caller says, so it
 * asks `findSession` itself.
 *
 * SvelteKit refuses forms without an `Origin` before any hook, and so the issuer's back-channel logout, unless
 * `csrf.checkOrigin` is false. Then what is not guarded has to check where a form comes from itself.
 */
export function loginHandle<Event extends SvelteKitEvent>(
  login: WebLogin,
  guarded: Guarded<Event> = () => undefined,
): (input: SvelteKitInput<Event>) => Promise<Response> {
  return async ({ event, resolve }) => {
    const answer = await login.handle(event.request);
    if (answer !== undefined) return responseOf(answer);
    const requirement = guarded(event);
    return requirement === undefined ? resolve(event) : enter(login, event, requirement, () => resolve(event));
  };
}

/**
 * For `+server.ts`: `export const GET = requireLogin(login, (event, session) => ...)` serves a request only to a logged-in
 * end-user. Otherwise a page redirects to the login, other requests get 401, and state-changing requests of another origin get
 * 403. With `acr` or `maxAge`, a session that does not meet them is treated like none. Responses are not cached unless the
 * handler says so. Throws: TypeError for an invalid requirement.
 */
export function requireLogin<Event extends SvelteKitEvent>(
  login: WebLogin,
  handler: (event: Event, session: WebSession) => Awaitable<Response>,
  requirement: LoginRequirement = {},
): (event: Event) => Promise<Response> {
  assertLoginRequirement(requirement);
  return async (event) => enter(login, event, requirement, (session) => handler(event, session));
}

/**
 * The redirect to a login with parameters of the application, such as `prompt` or `login_hint`, for a handler that decides on
 * them. None is read from the request.
 */
export async function beginLogin(
  login: WebLogin,
  { request }: SvelteKitEvent,
  options?: BeginLoginOptions,
): Promise<Response> {
  return responseOf(await login.begin(request, options));
}

/** The session, for pages that everybody may see; undefined when nobody is logged in. */
export function findSession(login: WebLogin, { request }: SvelteKitEvent): Promise<WebSession | undefined> {
  return login.session(request);
}

/** Throws: TypeError when nothing guards the route. */
export function sessionOf({ locals }: Pick<SvelteKitEvent, 'locals'>): WebSession {
  return keptSession(locals, 'neither loginHandle nor requireLogin guards this route');
}

async function enter(
  login: WebLogin,
  { request, url, locals, isDataRequest }: SvelteKitEvent,
  requirement: LoginRequirement,
  serve: (session: WebSession) => Awaitable<Response>,
): Promise<Response> {
  const { method, headers } = request;
  const path = url.pathname + url.search;
  const entered = await login.enter({ method, headers, url: path }, requirement);
  if ('answer' in entered) {
    // SvelteKit keeps no cookie of such a redirect, so it leads to the route that sets them, and back to the whole page.
    const leads = isDataRequest === true && entered.answer.status === 401;
    return responseOf(leads ? redirect(login.loginUrl(path)) : entered.answer);
  }
  // `load` functions and actions share them with the hook.
  keepSession(locals, entered.session);
  return withoutCache(await serve(entered.session));
}
