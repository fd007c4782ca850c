import type { ClientStorage, WebStorage } from '../../src/index.ts';

/** A storage of a client, or of the sessions of a server, over values that a test may look at. */
export const storageOver = (values: Map<string, string>): ClientStorage => ({
  get: (key) => values.get(key),
  set: (key, value) => values.set(key, value),
  remove: (key) => values.delete(key),
});

/** The same in the shape of the platform's own; `written` gets all that ever is. */
export const platformStorage = (values: Map<string, string>, written: string[] = []): WebStorage => ({
  getItem: (key) => values.get(key) ?? null,
  setItem(key, value) {
    written.push(value);
    values.set(key, value);
  },
  removeItem: (key) => void values.delete(key),
});

const allowed = (key: string) => {
  if (!/^[\w.-]+$/.test(key)) throw new Error('Invalid key provided to SecureStore');
  return key;
};

const small = (value: string) => {
  if (Buffer.byteLength(value) > 2048) throw new Error('Value being stored in SecureStore is larger than 2048 bytes');
  return value;
};

/**
 * The shape of expo-secure-store, which takes letters, digits, `.`, `-` and `_` in a key and throws for any other, and whose
 * platforms may refuse values over 2048 bytes. `before` each write.
 */
export function secureStore(
  values = new Map<string, string>(),
  before: (key: string, options?: object) => void = () => {},
) {
  return {
    WHEN_UNLOCKED_THIS_DEVICE_ONLY: 6,
    getItemAsync: async (key: string) => values.get(allowed(key)) ?? null,
    async setItemAsync(key: string, value: string, options?: object) {
      before(key, options);
      values.set(allowed(key), small(value));
    },
    async deleteItemAsync(key: string) {
      before(key);
      values.delete(allowed(key));
    },
  };
}
