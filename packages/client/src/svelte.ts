/** `@tessera/client/svelte`: the session of a client as a store of Svelte. */
import type { SessionClient } from './session.ts';
import type { SessionSnapshot } from './watched-session.ts';

/** A store that is read as `$session`. Source: svelte.dev/docs/svelte/stores, Store contract. */
export interface SessionStore {
  /** Calls at once, and after each change; returns the unsubscribe function. */
  subscribe(run: (snapshot: SessionSnapshot) => void): () => void;
}

/** `const session = sessionStore(client)`: who is logged in. */
export function sessionStore(client: Pick<SessionClient, 'subscribe' | 'getSnapshot'>): SessionStore {
  return {
    subscribe(run) {
      run(client.getSnapshot());
      // A server renders once.
      return 'document' in globalThis ? client.subscribe(() => run(client.getSnapshot())) : () => {};
    },
  };
}
