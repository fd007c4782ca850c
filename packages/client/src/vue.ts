/** `@tessera/client/vue`: the session of a client as refs of Vue. */
import { computed, type ComputedRef, getCurrentScope, onScopeDispose, shallowRef } from 'vue';
import type { SessionClient } from './session.ts';
import type { SessionSnapshot } from './watched-session.ts';

/** Each member of the snapshot as a ref. */
export type SessionRefs = { readonly [Name in keyof SessionSnapshot]: ComputedRef<SessionSnapshot[Name]> };

/** Who is logged in, until the component or scope ends. On a server it stays loading. */
export function useSession(client: Pick<SessionClient, 'subscribe' | 'getSnapshot'>): SessionRefs {
  const snapshot = shallowRef(client.getSnapshot());
  // On a server no scope ends: its listeners would stay.
  if ('document' in globalThis) {
    const stop = client.subscribe(() => {
      snapshot.value = client.getSnapshot();
    });
    if (getCurrentScope()) onScopeDispose(stop);
  }
  return {
    loading: computed(() => snapshot.value.loading),
    loggedIn: computed(() => snapshot.value.loggedIn),
    user: computed(() => snapshot.value.user),
    error: computed(() => snapshot.value.error),
  };
}
