import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  dpop,
  memoryStorage,
  processLocks,
  sessionStorageOf,
  sharedStorage,
  type SharedStorageOptions,
  webStorage,
} from '../src/index.ts';
import { secureStorage } from '../src/secure-storage.ts';
import { denied } from './support/emulated-page.ts';
import { platformStorage, secureStore } from './support/storages.ts';

/** Longer than any storage takes in one value, with characters of one to four bytes. */
const long = (of: string) => `${of} aäあ😀"`.repeat(600);

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

describe('the storage in expo-secure-store', () => {
  it('given a value of more bytes than it takes, when it is set again and removed, then it is whole, and nothing is left', async () => {
    const values = new Map<string, string>();
    const storage = secureStorage(secureStore(values));

    await storage.set('key', long('one'));
    const first = await storage.get('key');
    await storage.set('key', long('another'));
    await storage.set('key', 'short');
    const last = [await storage.get('key'), values.size];
    await storage.remove('key');

    expect(first).toBe(long('one'));
    expect(last).toEqual(['short', 2]);
    expect([...values]).toEqual([]);
  });

  it('given an app that is ended between any two writes, when it is started again, then the value is the former or the new one', async () => {
    for (let writes = 0; writes < 20; writes += 1) {
      const values = new Map<string, string>();
      await secureStorage(secureStore(values)).set('key', long('former'));
      let left = writes;
      const ended = secureStore(values, () => {
        if (left === 0) throw new Error('ended');
        left -= 1;
      });

      await Promise.allSettled([secureStorage(ended).set('key', long('new'))]);

      expect([long('former'), long('new')]).toContain(await secureStorage(secureStore(values)).get('key'));
    }
  });

  it('given a value that is set while it is read, when the reader has it, then it is the former or the new one', async () => {
    const values = new Map<string, string>();
    const storage = secureStorage(secureStore(values));
    await storage.set('key', long('former'));

    const [read] = await Promise.all([storage.get('key'), storage.set('key', long('new'))]);

    expect([long('former'), long('new')]).toContain(read);
  });

  it('given options, when it is used, then they go with every call', async () => {
    const options = { keychainAccessible: 6 };
    const seen: unknown[] = [];
    const store = secureStore();
    const storage = secureStorage<typeof options>(
      {
        getItemAsync: async (key, given) => (seen.push(given), store.getItemAsync(key)),
        setItemAsync: async (key, value, given) => (seen.push(given), store.setItemAsync(key, value)),
        deleteItemAsync: async (key, given) => (seen.push(given), store.deleteItemAsync(key)),
      },
      options,
    );

    await storage.set('key', 'one');
    await storage.set('key', 'two');
    await storage.get('key');
    await storage.remove('key');

    expect(new Set(seen)).toEqual(new Set([options]));
    expect(seen.length).toBeGreaterThan(10);
  });
});

describe('localStorage', () => {
  it('given the platform’s own, when it is handed in, then it is refused', () => {
    const localStorage = platformStorage(new Map());
    Object.assign(globalThis, { localStorage });

    expect(() => webStorage(localStorage)).toThrow('use sessionStorage');
  });
});

/** What the tabs of a test share. */
let name: string;
const opened: { close(): void }[] = [];
beforeEach(() => {
  name = randomUUID();
});
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

/** What a tab has until the end of the test; by another name it hears nothing of the others. */
function openTab(options: SharedStorageOptions = {}) {
  const tab = sharedStorage({ name, ...options });
  opened.push(tab);
  return tab;
}

/** What `sharedStorage` has left there. */
const kept = (version: number, value: string | null) =>
  platformStorage(new Map([['tokens', JSON.stringify({ version, value })]]));

describe('the storage that tabs share', () => {
  it('given a page that heard nothing in the back/forward cache, when it is shown again, then it has what the others have', async () => {
    const shown: ((event: object) => void)[] = [];
    Object.assign(globalThis, {
      addEventListener: (_: string, listener: (event: object) => void) => void shown.push(listener),
      removeEventListener: () => undefined,
    });
    const page = openTab({ storage: kept(1, 'former tokens') });
    const before = await page.get('tokens');
    openTab({ storage: kept(2, null) });

    for (const listener of shown) listener({ persisted: true });
    Reflect.deleteProperty(globalThis, 'addEventListener');
    Reflect.deleteProperty(globalThis, 'removeEventListener');
    const after = await page.get('tokens');

    expect([before, after]).toEqual(['former tokens', null]);
  });

  it('given what the tab keeps and the others changed, when a page is loaded in it, then that has what the others have', async () => {
    openTab({ storage: kept(2, null) });
    const loaded = openTab({ storage: kept(1, 'former tokens') });

    const found = await loaded.get('tokens');

    expect(found).toBeNull();
  });

  it('given two pages of the tab, when one writes while the other hears nothing, then the other finds it', async () => {
    const storage = kept(1, 'former tokens');
    const [left, later] = [randomUUID(), randomUUID()].map((other) => openTab({ name: other, storage }));
    const before = await left?.get('tokens');

    await later?.set('tokens', 'new tokens');
    const after = await left?.get('tokens');

    expect([before, after]).toEqual(['former tokens', 'new tokens']);
  });

  it('given tokens that were removed, when a tab that slept comes with the former ones, then it has none either', async () => {
    const tab = openTab();
    await tab.set('tokens', 'former tokens');
    await tab.remove('tokens');
    const slept = openTab({ storage: kept(1, 'former tokens') });

    await slept.sync?.('tokens');

    expect([await slept.get('tokens'), await tab.get('tokens')]).toEqual([null, null]);
  });

  it('given a storage that outlives a reload, when the page is loaded again, then it has what it wrote', async () => {
    const storage = platformStorage(new Map());
    const before = openTab({ name: randomUUID(), storage });
    await before.set('tokens', 'some tokens');
    before.close();

    const after = openTab({ name: randomUUID(), storage });

    expect(await after.get('tokens')).toBe('some tokens');
  });

  it('given what all have already, when a new tab asks for it, then only what another tab writes is told as a change', async () => {
    let changes = 0;
    const tab = openTab();
    const told = openTab({ onChange: () => (changes += 1) });
    await told.sync?.('tokens');
    await tab.set('tokens', 'some tokens');
    await told.sync?.('tokens');
    const first = changes;

    const late = openTab();
    await late.sync?.('tokens');
    await told.sync?.('tokens');

    expect([first, changes]).toEqual([1, 1]);
  });
});

describe('whoever listens to what other tabs write', () => {
  it('given two listeners, when one ends and another tab writes, then the other is called, and neither for what this tab writes', async () => {
    const [tab, told] = [openTab(), openTab()];
    const calls: string[] = [];
    const stop = told.onChange(() => calls.push('one'));
    told.onChange(() => calls.push('other'));
    await told.set('tokens', 'of this tab');

    stop();
    await tab.set('tokens', 'of another tab');
    await told.sync?.('tokens');

    expect(calls).toEqual(['other']);
  });

  it('given a storage that is closed, when it is used, then it is on its own, and nobody is called', async () => {
    const [tab, closed] = [openTab(), openTab()];
    let calls = 0;
    closed.onChange(() => (calls += 1));
    await tab.set('tokens', 'some tokens');
    await closed.get('tokens');
    const before = calls;

    closed.close();
    closed.close();
    await closed.set('tokens', 'its own tokens');
    await closed.sync?.('tokens');
    await tab.set('tokens', 'other tokens');
    await tab.sync?.('tokens');

    expect([await closed.get('tokens'), await tab.get('tokens')]).toEqual(['its own tokens', 'other tokens']);
    expect(calls).toBe(before);
  });
});

/** Speaks to the tabs as a tab does. */
function plant(...versions: number[]) {
  const channel = new BroadcastChannel(name);
  opened.push(channel);
  for (const version of versions) channel.postMessage({ key: 'tokens', version, value: 'planted tokens' });
}

describe('what any script of the origin may send to the tabs', () => {
  it('given a logout, when tokens are sent that look newer, then neither the tab that logged out nor one that was told has them', async () => {
    let changes = 0;
    const [tab, told] = [openTab(), openTab({ onChange: () => (changes += 1) })];
    await tab.set('tokens', 'former tokens');
    await told.get('tokens');
    await tab.remove('tokens');
    await told.sync?.('tokens');
    const before = changes;

    plant(3, 99);
    await Promise.all([tab, told].map((each) => each.sync?.('tokens')));

    expect([await tab.get('tokens'), await told.get('tokens')]).toEqual([null, null]);
    expect(changes).toBe(before);
  });

  it('given tokens that it refused, when a page logs in by itself, then all tabs have its login', async () => {
    const [tab, other] = [openTab(), openTab()];
    await tab.set('tokens', 'former tokens');
    await other.get('tokens');
    await tab.remove('tokens');
    plant(99);
    await tab.sync?.('tokens');

    await tab.set('tokens', 'new tokens');
    const late = openTab();

    expect([await tab.get('tokens'), await late.get('tokens')]).toEqual(['new tokens', 'new tokens']);
  });

  it('given a logout and a login in another tab, when a page is opened, then it has that login', async () => {
    const loggedOut = openTab();
    await loggedOut.set('tokens', 'former tokens');
    await loggedOut.remove('tokens');
    const loggedIn = openTab();
    await loggedIn.set('tokens', 'new tokens');
    await loggedOut.sync?.('tokens');

    const late = openTab();

    expect([await loggedOut.get('tokens'), await late.get('tokens')]).toEqual([null, 'new tokens']);
  });
});

class Denied {
  constructor() {
    denied();
  }
}

describe('a browser that has not, or blocks, what tabs share', () => {
  const former = globalThis.BroadcastChannel;
  afterEach(() => {
    Object.assign(globalThis, { BroadcastChannel: former });
    Reflect.deleteProperty(globalThis, 'localStorage');
    Reflect.deleteProperty(globalThis, 'indexedDB');
  });

  it.each([
    ['has no BroadcastChannel', () => Reflect.deleteProperty(globalThis, 'BroadcastChannel')],
    ['blocks it', () => Object.assign(globalThis, { BroadcastChannel: Denied })],
  ])('given one that %s, when a page writes, then it has what it wrote', async (_, take) => {
    take();
    const storage = sharedStorage();

    await storage.set('tokens', 'some tokens');
    await storage.sync?.('tokens');
    const written = await storage.get('tokens');
    await storage.remove('tokens');

    expect([written, await storage.get('tokens')]).toEqual(['some tokens', null]);
    storage.close();
  });

  it('given one that blocks localStorage, when another storage is handed in, then that is used', () => {
    Object.defineProperty(globalThis, 'localStorage', { get: denied, configurable: true });

    expect(webStorage(platformStorage(new Map([['key', 'value']]))).get('key')).toBe('value');
  });

  it('given one that blocks IndexedDB, when tokens are bound to a key, then it is the page’s until it is forgotten', async () => {
    Object.assign(globalThis, { indexedDB: { open: denied } });
    const key = dpop();

    const thumbprints = [await key.thumbprint(), await key.thumbprint()];
    await key.forget();

    expect(thumbprints[0]).toBe(thumbprints[1]);
    expect(await key.thumbprint()).not.toBe(thumbprints[0]);
  });
});

describe('the lock of a process', () => {
  let seen: string[];
  beforeEach(() => {
    seen = [];
  });

  const work = (of: string, fails = false) =>
    processLocks.request('a lock', async () => {
      seen.push(`${of} begins`);
      await new Promise(setImmediate);
      seen.push(`${of} ends`);
      if (fails) throw new Error(of);
    });
  const inTurn = ['one', 'two', 'three'].flatMap((of) => [`${of} begins`, `${of} ends`]);

  it('given work that fails, when more waits for the lock, then it has its turn, one at a time and in order', async () => {
    const outcomes = await Promise.allSettled([work('one', true), work('two'), work('three')]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(seen).toEqual(inTurn);
  });

  it('given work that runs when what was before it is done, when more comes, then it waits for its turn', async () => {
    const first = work('one');
    const second = work('two');
    await first;

    await Promise.all([second, work('three')]);

    expect(seen).toEqual(inTurn);
  });
});
