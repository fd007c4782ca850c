import type { Config } from '../config';

/**
 * The store as this environment reads it. In production a demo record is not there, whatever method would return it; what
 * the store says of them otherwise (`hasDemoUsers`) it says still, so that a start can refuse them.
 */
export function readIn<Store extends object>({ production }: Pick<Config, 'production'>, store: Store): Store {
  if (!production) return store;
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, target, args);
        return result instanceof Promise ? result.then(shown) : shown(result);
      };
    },
  });
}

function shown(result: unknown): unknown {
  if (Array.isArray(result)) return result.filter((record) => !isDemo(record));
  return isDemo(result) ? undefined : result;
}

function isDemo(record: unknown): boolean {
  return typeof record === 'object' && record !== null && 'demo' in record && record.demo === true;
}
