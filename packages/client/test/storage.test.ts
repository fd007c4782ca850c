import { describe, expect, it } from '@jest/globals';
import { memoryStorage, processLocks, secureStorage, sessionStorageOf, webStorage } from '../src/index.ts';

/** A storage of the platform, over the values that a test may look at. */
const platformStorage = (values: Map<string, string>) => ({
  getItem: (key: string) => values.get(key) ?? null,
  setItem: (key: string, value: string) => void values.set(key, value),
  removeItem: (key: string) => void values.delete(key),
});

const allowed = (key: string) => {
  if (!/^[\w.-]+$/.test(key)) throw new Error('Invalid key provided to SecureStore');
  return key;
};

/** The shape of expo-secure-store, which takes letters, digits, `.`, `-` and `_` in a key and throws for any other. */
function secureStore() {
  const values = new Map<string, string>();
  return {
    getItemAsync: async (key: string) => values.get(allowed(key)) ?? null,
    setItemAsync: async (key: string, value: string) => void values.set(allowed(key), value),
    deleteItemAsync: async (key: string) => void values.delete(allowed(key)),
  };
}

describe.each([
  ['memory', memoryStorage],
  ['sessionStorage', () => webStorage(platformStorage(new Map()))],
  ['a session of a server', () => sessionStorageOf({})],
  ['expo-secure-store', () => secureStorage(secureStore())],
])('the storage in %s', (_, open) => {
  it('given a value, when it is set, read and removed, then it is there, and then it is not', async () => {
    const storage = open();
    const key = 'tessera.https://app.example.com/client.json';

    const before = await storage.get(key);
    await storage.set(key, 'a value');
    const meanwhile = await storage.get(key);
    await storage.remove(key);
    const after = await storage.get(key);

    expect([before ?? undefined, meanwhile, after ?? undefined]).toEqual([undefined, 'a value', undefined]);
  });

  it('given the name of a prototype’s member, when it is read, then there is nothing', async () => {
    expect((await open().get('constructor')) ?? undefined).toBeUndefined();
  });
});

describe('localStorage', () => {
  it('given the platform’s own, when it is handed in, then it is refused', () => {
    const localStorage = platformStorage(new Map());
    Object.assign(globalThis, { localStorage });

    expect(() => webStorage(localStorage)).toThrow('use sessionStorage');
  });
});

describe('the lock of a process', () => {
  it('given work that fails, when more waits for the lock, then it has its turn, one at a time and in order', async () => {
    const seen: string[] = [];
    const work = (name: string, fails = false) =>
      processLocks.request('a lock', async () => {
        seen.push(`${name} begins`);
        await new Promise(setImmediate);
        seen.push(`${name} ends`);
        if (fails) throw new Error(name);
      });

    const outcomes = await Promise.allSettled([work('one', true), work('two'), work('three')]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(seen).toEqual(['one', 'two', 'three'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });
});
