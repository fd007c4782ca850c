import type { Config } from '../../platform/config';

/** The id of the demo user; all others are random. */
export const demoUserId = 'user0';

/** Hides the records of demo accounts in production, whatever method of the store returns them. */
export function withoutDemoAccounts<Store extends object>(
  { production }: Pick<Config, 'production'>,
  store: Store,
): Store {
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

/** A record, or the records of a page. */
function shown(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  if ('items' in result && Array.isArray(result.items)) {
    return { ...result, items: result.items.filter((record) => !isOfDemoAccount(record)) };
  }
  return isOfDemoAccount(result) ? undefined : result;
}

function isOfDemoAccount(record: object): boolean {
  if (!('authentication' in record)) return false;
  const { authentication } = record;
  return (
    typeof authentication === 'object' &&
    authentication !== null &&
    'sub' in authentication &&
    authentication.sub === demoUserId
  );
}
