import type { Abstract } from '@nestjs/common';
import { standIn } from '../run/fixture';
import { type OpenStores, openStores } from './open-stores';
import { emptyStore, type StoreName, type TestStore } from './stores';

/** A store of its own and every port on it; `close` removes it as well. */
export interface OwnStore extends OpenStores, Pick<TestStore, 'env'> {
  /** Closes it and opens it again, as another process would. */
  reopen(): Promise<void>;
}

/** An empty store, open with these settings besides its own; `unused`: as of `emptyStore`. */
export async function openEmptyStore(
  name: StoreName,
  env: Readonly<Record<string, string>> = {},
  options?: { readonly unused: boolean },
): Promise<OwnStore> {
  const store = emptyStore(name, options);
  let opened = await openStores(store, env);
  return {
    env: store.env,
    clock: opened.clock,
    config: opened.config,
    get: (port) => opened.get(port),
    reopen: async () => {
      await opened.close();
      opened = await openStores(store, env);
    },
    close: async () => {
      await opened.close();
      await store.remove();
    },
  };
}

/** The port of a store that is open in the tests only. */
export function portOf<Port extends object>(stores: OpenStores, port: Abstract<Port>): Port {
  return standIn(() => stores.get(port));
}
