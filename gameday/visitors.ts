import type { BrowserSession } from '../src/apps/browser/browser-session';
import { newSecret } from '../src/domain/credentials/secret';
import { anyAddress } from '../test/support/clients/any-address';
import { sendPassword } from '../test/support/clients/login-page';
import { codeFor, type Fields, type IssuedCode, type Reachable } from '../test/support/clients/pkce-login';
import { answerOf, Refused } from '../test/support/clients/refused';
import { type Account, type Answer, challengeFor, newAccount, post } from '../test/support/clients/wallet';

/** A service as visitors see it. */
export type Visited = Required<Pick<Reachable, 'url' | 'fetch'>>;

/**
 * Every request comes from this address, by default from somewhere else each time. Redirects are not followed; what nothing
 * answers in time rejects.
 */
export function visited(url: string, address?: string, withinMs = 6_000): Visited {
  return {
    url,
    fetch: (target, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('x-forwarded-for', address ?? anyAddress());
      return fetch(target, { ...init, headers, redirect: 'manual', signal: AbortSignal.timeout(withinMs) });
    },
  };
}

/** Any other request, by its path. */
export async function ask({ url, fetch: send }: Visited, path: string, init?: RequestInit) {
  return answerOf(await send(url + path, init));
}

/** An app that logs people in by OAuth with PKCE. */
export interface App {
  readonly clientId: string;
  readonly redirectUri: string;
}

export type User = Readonly<Record<'username' | 'password', string>>;

/** Logs in by the form of the login page. Throws: {@link Refused}. */
export async function logInWithPassword(browser: BrowserSession, user: User): Promise<void> {
  const response = await sendPassword(browser, user);
  if (response.status !== 303) throw new Refused('login', await answerOf(response));
}

/** What the app asks for, changed as said; undefined leaves a parameter out. */
export function requestOf({ clientId, redirectUri }: App, changes: Fields = {}): Fields {
  return { client_id: clientId, redirect_uri: redirectUri, state: newSecret(), ...changes };
}

/** A code for the browser. Throws: {@link Refused}. */
export function requestCode(
  service: Reachable,
  browser: BrowserSession,
  app: App,
  changes?: Fields,
): Promise<IssuedCode> {
  return codeFor(service, browser, requestOf(app, changes));
}

/** A challenge that was answered, and whose it is. */
export interface Challenge {
  readonly account: Account;
  readonly clientId: string;
  readonly nonce: string;
  readonly message: string;
}

/** A challenge for a new wallet. Throws: {@link Refused}. */
export async function requestChallenge(service: Reachable, clientId: string, scope = 'openid'): Promise<Challenge> {
  const account = newAccount();
  return { ...(await challengeFor(service, account, { clientId, scope })), account, clientId };
}

/** Signs a message, by default that of the challenge, and sends the signature. */
export async function verifyChallenge(
  service: Reachable,
  { account, nonce, message }: Challenge,
  signed = message,
): Promise<Answer> {
  return post(service, '/wallet/verify', { nonce, signature: await account.signMessage({ message: signed }) });
}
