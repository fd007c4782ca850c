/** `@tessera/client/svelte`: the session of a client as a store of Svelte. */
import type { SessionClient } from './session.ts';
import type { SessionSnapshot } from './watched-session.ts';

/** A store for Svelte: its value is `$session` where the store is `session`. */
export interface ReadableSession {
  /** Calls at once, and after each change; returns the unsubscribe function. */
  subscribe(run: (snapshot: SessionSnapshot) => void): () => void;
}

/** `const session = sessionStore(client)`: who is logged in. */
export function sessionStore(client: Pick<SessionClient, 'subscribe' | 'getSnapshot'>): ReadableSession {
  return {
    subscribe(run) {
      run(client.getSnapshot());
      // A server renders once.
      return 'document' in globalThis ? client.subscribe(() => run(client.getSnapshot())) : () => {};
    },
  };
}
