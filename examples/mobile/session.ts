import { type ClientStorage, createClient, type WebCrypto } from '@tessera/client';

/** What the app has of the phone that it runs on, handed in: expo-phone.ts, or a test. */
export interface Phone {
  /** The keychain or keystore: what lies there is encrypted, and of this app alone. */
  readonly secrets: ClientStorage;
  readonly crypto: WebCrypto;
  /**
   * Shows a page in the browser in front of the app, until it comes back to `redirectUri`. Resolves to the URL that it came back
   * with; to undefined where the end-user closed it.
   */
  browse(url: string, redirectUri: string): Promise<string | undefined>;
}

export interface SessionOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** The app's own, after a domain of its owner: `com.example.notes`. Source: RFC 8252 §7.1. */
  readonly scheme: string;
}

/** Who is logged in to the app. Methods throw `TesseraError`. */
export interface Session {
  /** The end-user's subject identifier; undefined when nobody is logged in. Asks nobody. */
  subject(): Promise<string | undefined>;
  /** False when the end-user closed the browser. */
  login(): Promise<boolean>;
  /** Goes on with a login whose browser came back after the system had ended the app, and started it again with this URL. */
  resume(url: string): Promise<void>;
  /** Calls an API with the access token, which is refreshed where it must be. */
  fetch(url: string): Promise<Response>;
  logout(): Promise<void>;
}

export function createSession(phone: Phone, { issuer, clientId, scheme }: SessionOptions): Session {
  const redirectUri = `${scheme}:/callback`;
  const client = createClient({
    issuer,
    clientId,
    redirectUri,
    scope: 'openid profile offline_access',
    crypto: phone.crypto,
    tokens: phone.secrets,
    // Not in memory: a phone may end the app while the browser is in front of it.
    logins: phone.secrets,
    browser: (url, { redirectUri: back = redirectUri }) => phone.browse(url, back),
  });
  return {
    subject: async () => (await client.tokens())?.claims?.sub,
    login: async () => (await client.login()) !== undefined,
    resume: async (url) => void (await client.finish(url)),
    fetch: (url) => client.fetch(url),
    logout: async () => void (await client.logout({ postLogoutRedirectUri: `${scheme}:/signed-out` })),
  };
}
