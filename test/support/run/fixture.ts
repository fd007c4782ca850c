import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';

/** What `stop`, `close`, `remove` or `onApplicationShutdown` ends is ended after the tests. */
type Closable = Readonly<Partial<Record<'stop' | 'close' | 'remove' | 'onApplicationShutdown', () => unknown>>>;
type Close = () => unknown;

/** Those of all blocks that have begun, innermost last, so that what was opened last is closed first. */
const open: { close: Close }[] = [];

/** Opens this before all tests of the block and closes it after them; the result stands for it meanwhile. */
export function fixture<T extends object>(opened: () => T | Promise<T>): T {
  const { held, begin } = holder(opened);
  beforeAll(begin);
  afterAll(end);
  return held;
}

/** Opens one for each test of the block. */
export function fixtureOfEach<T extends object>(opened: () => T | Promise<T>): T {
  const { held, begin } = holder(opened);
  beforeEach(begin);
  afterEach(end);
  return held;
}

/** Stands for what `current` returns at each use. */
export function standIn<T extends object>(current: () => T): T {
  return new Proxy({} as T, {
    get: (_, name) => {
      const found: unknown = Reflect.get(current(), name);
      return typeof found === 'function' ? found.bind(current()) : found;
    },
    set: (_, name, changed) => Reflect.set(current(), name, changed),
    has: (_, name) => Reflect.has(current(), name),
    deleteProperty: (_, name) => Reflect.deleteProperty(current(), name),
    ownKeys: () => Reflect.ownKeys(current()),
    getOwnPropertyDescriptor: (_, name) => {
      const found = Reflect.getOwnPropertyDescriptor(current(), name);
      return found && { ...found, configurable: true };
    },
    getPrototypeOf: () => Reflect.getPrototypeOf(current()),
  });
}

function holder<T extends object>(opened: () => T | Promise<T>) {
  let value: T | undefined;
  const held = standIn((): T => {
    if (value === undefined) throw new Error('a fixture is open in the tests of its block only');
    return value;
  });
  const begin = async () => {
    const entry = { close: (): unknown => undefined };
    open.push(entry);
    const made = await opened();
    value = made;
    const { stop, close, remove, onApplicationShutdown } = made as Closable;
    entry.close = () => (stop ?? close ?? remove ?? onApplicationShutdown)?.call(made);
  };
  return { held, begin };
}

async function end(): Promise<void> {
  await open.pop()?.close();
}
