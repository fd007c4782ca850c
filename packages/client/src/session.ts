/** `@tessera/client/session`: a client that knows who is logged in, and calls back when that changes. */
import type { Client, ClientOptions } from './client-options.ts';
import { createClient } from './client.ts';
import { TesseraError } from './errors.ts';
import { isOver } from './held-tokens.ts';
import { sharedStorage } from './shared-storage.ts';
import { type ClientStorage, memoryStorage } from './storage.ts';
import { type SessionListener, type SessionSnapshot, WatchedSession } from './watched-session.ts';
import { newSecret } from './web-crypto.ts';

export { fetchWithStepUp } from './step-up-login.ts';
export type { SessionEvent, SessionListener, SessionSnapshot } from './watched-session.ts';

/** A {@link Client} with its state. */
export interface SessionClient extends Client {
  /**
   * Calls back when somebody logs in or out, here or in another tab, when the login expires, and when the snapshot changes
   * otherwise; returns the unsubscribe function. The first subscriber begins the watch, which ends with `close`.
   */
  readonly subscribe: (listener: SessionListener) => () => void;
  /** Who is logged in; with `subscribe` for React's `useSyncExternalStore`. Loading until somebody subscribes. */
  readonly getSnapshot: () => SessionSnapshot;
  /**
   * Ends timers and listeners, and closes the storage of tokens: this client no longer hears of other tabs. It remains usable,
   * and nobody is logged out. For a module that is replaced, as by hot reload.
   */
  readonly close: () => void;
}

/** As `createClient`, with the state of its session. Reads nothing before the first subscriber. Throws as `createClient`. */
export function createSessionClient(options: ClientOptions): SessionClient {
  const { tokens: storage = 'document' in globalThis ? sharedStorage() : memoryStorage() } = options;
  const { now = Date.now, crypto = globalThis.crypto } = options;
  /** Calls under way that end the login on purpose. */
  let ending = 0;
  const changed = () => session.changed(ending > 0 ? 'logout' : 'expiry');
  const client = createClient({ ...options, tokens: toldOf(storage, changed) });
  const session = new WatchedSession({
    find: () => client.tokens(),
    onChange: (listener) => storage.onChange?.(listener),
    now,
  });

  /** A step of a login: its error stays until the next one. */
  async function attempt<Result>(step: Promise<Result>): Promise<Result> {
    session.fail(undefined);
    try {
      return await step;
    } catch (error) {
      if (error instanceof TesseraError) session.fail(error);
      throw error;
    }
  }

  /** A use of the tokens, which may find out that the login has ended. */
  async function used<Result>(use: Promise<Result>): Promise<Result> {
    try {
      return await use;
    } catch (error) {
      if (error instanceof TesseraError && isOver(error) && !session.getSnapshot().loggedIn) session.fail(error);
      throw error;
    }
  }

  async function end<Result>(call: () => Promise<Result>): Promise<Result> {
    ending += 1;
    try {
      return await call();
    } finally {
      ending -= 1;
    }
  }

  return {
    discovery: client.discovery,
    subscribe: session.subscribe,
    getSnapshot: session.getSnapshot,
    login: (given) => attempt(client.login(given)),
    begin: (given) => attempt(client.begin(given)),
    finish: (callbackUrl) => attempt(client.finish(callbackUrl)),
    // A login is known by its id, in other tabs too.
    adopt: (tokens) => client.adopt({ login: newSecret(crypto), ...tokens }),
    tokens: () => client.tokens(),
    accessToken: () => used(client.accessToken()),
    refresh: () => used(client.refresh()),
    fetch: (input, init) => used(client.fetch(input, init)),
    userinfo: <Claims extends object>() => used(client.userinfo<Claims>()),
    revoke: () => end(() => client.revoke()),
    logout: (given) => end(() => client.logout(given)),
    close() {
      session.close();
      storage.close?.();
    },
  };
}

/** The storage, with a call after each change, which is awaited: then whoever logged in finds the snapshot changed. */
function toldOf(storage: ClientStorage, changed: () => Promise<void>): ClientStorage {
  return {
    get: (key) => storage.get(key),
    async set(key, value) {
      await storage.set(key, value);
      await changed();
    },
    async remove(key) {
      await storage.remove(key);
      await changed();
    },
    sync: (key) => storage.sync?.(key),
  };
}
