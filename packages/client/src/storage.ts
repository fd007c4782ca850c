/** Synchronous or asynchronous. */
export type Awaitable<Value> = Value | PromiseLike<Value>;

/** Stores a client's pending logins and tokens. Values are strings. After `set` resolves, the next `get` must see the value. */
export interface ClientStorage {
  /** Null or undefined for a key that was not set or was removed. */
  get(key: string): Awaitable<string | null | undefined>;
  /** Replaces an existing value. */
  set(key: string, value: string): Awaitable<unknown>;
  /** No error without a value. */
  remove(key: string): Awaitable<unknown>;
  /** Reads what others wrote; called under the lock, before values are read again. */
  sync?(key: string): Awaitable<unknown>;
  /** Calls back when somebody else wrote, such as another tab; returns the unsubscribe function. */
  onChange?(listener: () => void): () => void;
  /** Ends what keeps it up to date; it may still be used, on its own. */
  close?(): void;
}

/** Ends with the page or process: the default for tokens. */
export function memoryStorage(): ClientStorage {
  return sessionStorageOf({});
}

/** The used part of the Web Storage API. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** `sessionStorage`; memory where the browser blocks it, which throws at first access. */
export function pageStorage(): ClientStorage {
  try {
    return webStorage(sessionStorage);
  } catch {
    return memoryStorage();
  }
}

/**
 * `webStorage(sessionStorage)`: survives a reload and ends with the tab; the default for pending logins. The type excludes
 * `localStorage` where it can: that outlives the browser, and every script can read it.
 */
export function webStorage(storage: WebStorage): ClientStorage {
  let refused: unknown;
  try {
    refused = globalThis.localStorage;
  } catch {
    // Blocked, so it cannot be the argument.
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

/** A browser's session on a server, such as `request.session` of express-session; modified in place. */
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
