/** At once, or later. */
export type Awaitable<Value> = Value | PromiseLike<Value>;

/**
 * Where a client keeps what it must remember: logins that are under way, and tokens. Values are strings. What one `set`
 * resolved, the next `get` must see.
 */
export interface ClientStorage {
  /** Nothing for a key that was not set or was removed. */
  get(key: string): Awaitable<string | null | undefined>;
  /** Replaces what is there. */
  set(key: string, value: string): Awaitable<unknown>;
  /** No error where nothing is there. */
  remove(key: string): Awaitable<unknown>;
  /** Brings in what others wrote; called under the lock, before what is held is read again. */
  sync?(key: string): Awaitable<unknown>;
}

/** Gone with the page or the process: the default for tokens. */
export function memoryStorage(): ClientStorage {
  return sessionStorageOf({});
}

/** What `sessionStorage` has of the Web Storage API. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** `sessionStorage`; memory where the browser blocks it, which throws as soon as it is looked at. */
export function pageStorage(): ClientStorage {
  try {
    return webStorage(sessionStorage);
  } catch {
    return memoryStorage();
  }
}

/**
 * `webStorage(sessionStorage)`: survives a reload, and goes with the tab: the default for logins that are under way.
 * `localStorage` is refused by its type alone where it can be told: it outlives the browser, and every script reads it.
 */
export function webStorage(storage: WebStorage): ClientStorage {
  let refused: unknown;
  try {
    refused = globalThis.localStorage;
  } catch {
    // Blocked, so that nobody can hand it in.
  }
  if (storage === refused) {
    throw new TypeError('use sessionStorage');
  }
  return {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    remove: (key) => storage.removeItem(key),
  };
}

/** One browser's session on a server, such as `request.session` of express-session; it is changed in place. */
export function sessionStorageOf(session: object): ClientStorage {
  const values = session as Record<string, unknown>;
  return {
    get: (key) => (Object.hasOwn(values, key) ? String(values[key]) : undefined),
    set: (key, value) => {
      values[key] = value;
    },
    remove: (key) => {
      delete values[key];
    },
  };
}
