/** `@tessera/client/secure-storage`: the keychain or keystore of a phone, for tokens and logins of an app. */
import type { ClientStorage } from './storage.ts';

/** What `expo-secure-store` exports, as far as it is used. */
export interface SecureStore<Options = object> {
  getItemAsync(key: string, options?: Options): Promise<string | null>;
  setItemAsync(key: string, value: string, options?: Options): Promise<void>;
  deleteItemAsync(key: string, options?: Options): Promise<void>;
}

/** A keychain may refuse a value of more than 2048 bytes; tokens together are longer. */
const partLength = 2000;

/**
 * `secureStorage(SecureStore)` with `import * as SecureStore from 'expo-secure-store'`: the keychain or keystore. `options` go
 * with each call, such as `{ keychainAccessible: SecureStore.WHEN_UNLOCKED_THIS_DEVICE_ONLY }`. A value is in parts, and under
 * its key is which they are: `<version> <how many>`.
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
        // Somebody wrote meanwhile, else.
        if (after === index) return parts.includes(null) ? undefined : decodeURIComponent(parts.join(''));
        index = after;
      }
      return undefined;
    },
    async set(name, value) {
      const key = allowed(name);
      const former = await read(key);
      // Of one byte a character.
      const text = encodeURIComponent(value);
      const index = `${Number.parseInt(former ?? '0', 10) + 1} ${Math.ceil(text.length / partLength)}`;
      const parts = partsOf(key, index);
      for (const [at, part] of parts.entries()) {
        await store.setItemAsync(part, text.slice(at * partLength, (at + 1) * partLength), options);
      }
      // Last: an app that is ended before finds the former value, and one that is ended after it the new one.
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

/** Keys hold letters, digits, `.`, `-` and `_` there, and nothing else. */
const allowed = (key: string) => key.replace(/[^\w.-]/g, '_');

function partsOf(key: string, index: string | null): string[] {
  const [version, count] = (index ?? '0 0').split(' ');
  return Array.from({ length: Number(count) }, (_, part) => `${key}.${version}.${part}`);
}
