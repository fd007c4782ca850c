import type { StoreCalls } from './store-calls';

type Method = (...given: unknown[]) => unknown;

/**
 * The store with each of its methods counted, timed and reported to `calls.listener`; calls by the store to itself are not.
 * `name`: the collection of the store.
 */
export function observed<Store extends object>(name: string, store: Store, calls: StoreCalls): Store {
  const outside = Object.create(store) as Store;
  for (const [method, call] of methodsOf(store)) {
    // Writable like a class's method: a wrapper of the store may replace it.
    const value = observedMethod(name, method, store, call, calls);
    Object.defineProperty(outside, method, { value, writable: true, configurable: true });
  }
  return outside;
}

function observedMethod(name: string, method: string, store: object, call: Method, calls: StoreCalls): Method {
  const operation = calls.operation(name, method);
  return (...given) => {
    const end = calls.listener?.(name, operation.name);
    const beganAt = performance.now();
    const ended = (error?: unknown) => {
      operation.end(beganAt, error);
      end?.(error);
    };
    let result: unknown;
    try {
      result = call.apply(store, given);
    } catch (error) {
      ended(error);
      throw error;
    }
    // Beside the promise, not in front of it: costs the caller no extra turn of the event loop.
    if (result instanceof Promise) result.then(() => ended(), ended);
    else ended();
    return result;
  };
}

/** The methods of all its classes, each in the most derived version. */
function methodsOf(store: object): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (
    let prototype: object = Object.getPrototypeOf(store);
    prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name !== 'constructor' && typeof value === 'function' && !methods.has(name)) methods.set(name, value);
    }
  }
  return methods;
}
