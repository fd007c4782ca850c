/** `@tessera/client/secure-storage`: a phone's keychain or keystore, for tokens and logins of an app. */
import type { ClientStorage } from './storage.ts';

/** The used part of `expo-secure-store`. */
export interface SecureStore<Options = object> {
  getItemAsync(key: string, options?: Options): Promise<string | null>;
  setItemAsync(key: string, value: string, options?: Options): Promise<void>;
  deleteItemAsync(key: string, options?: Options): Promise<void>;
}

/** A keychain may refuse values of more than 2048 bytes; a set of tokens is longer. */
const partLength = 2000;

/**
 * `secureStorage(SecureStore)` with `import * as SecureStore from 'expo-secure-store'`: the keychain or keystore. `options` are
 * passed to each call, such as `{ keychainAccessible: SecureStore.WHEN_UNLOCKED_THIS_DEVICE_ONLY }`. A value is stored in
 * parts; its key holds the index `<version> <number of parts>`.
 */
export function secureStorage<Options = object>(store: SecureStore<Options>, options?: Options): ClientStorage {
  const read = (key: string) => store.getItemAsync(key, options);
  const forget = (key: string, index: string | null) =>
    Promise.all(partsOf(key, index).map((part) => store.deleteItemAsync(part, options)));
  return {
    async get(name) {
      const key = allowed(name);
      for (let index = await read(key); index !== null;) {
        const parts = await Promise.all(partsOf(key, index).map(read));
        const after = await read(key);
        // Otherwise somebody wrote meanwhile.
        if (after === index) return parts.includes(null) ? undefined : decodeURIComponent(parts.join(''));
        index = after;
      }
      return undefined;
    },
    async set(name, value) {
      const key = allowed(name);
      const former = await read(key);
      // One byte per character.
      const text = encodeURIComponent(value);
      const index = `${Number.parseInt(former ?? '0', 10) + 1} ${Math.ceil(text.length / partLength)}`;
      const parts = partsOf(key, index);
      for (const [at, part] of parts.entries()) {
        await store.setItemAsync(part, text.slice(at * partLength, (at + 1) * partLength), options);
      }
      // Last: an app that is killed before it finds the former value, one killed after it the new one.
      await store.setItemAsync(key, index, options);
      await forget(key, former);
    },
    async remove(name) {
      const key = allowed(name);
      const former = await read(key);
      await store.deleteItemAsync(key, options);
      await forget(key, former);
    },
  };
}

/** Keys may only contain letters, digits, `.`, `-` and `_`. */
const allowed = (key: string) => key.replace(/[^\w.-]/g, '_');

function partsOf(key: string, index: string | null): string[] {
  const [version, count] = (index ?? '0 0').split(' ');
  return Array.from({ length: Number(count) }, (_, part) => `${key}.${version}.${part}`);
}
