import { describe, expect, it } from '@jest/globals';
import { observed } from './observed-store';
import { StoreCalls, type StoreOperation } from './store-calls';
import { StoreUnavailableError } from './store-unavailable.error';

abstract class Shelf {
  abstract readonly name: string;
  abstract find(id: string): Promise<string>;
  abstract findNow(id: string): string;
}

class WoodenShelf extends Shelf {
  readonly name = 'oak';
  private readonly held = new Map([['a', 'the first']]);

  async find(id: string): Promise<string> {
    if (id === 'lost') throw new StoreUnavailableError('no answer in time');
    return this.findNow(id);
  }

  findNow(id: string): string {
    const found = this.held.get(id);
    if (found === undefined) throw new RangeError('not there');
    return found;
  }
}

function shelf() {
  const calls = new StoreCalls();
  const store: Shelf = observed('shelves', new WoodenShelf(), calls);
  const counted = (name: string) => {
    const { durations, errors } = calls.operations.find((each) => each.name === name) as StoreOperation;
    return { calls: durations.count, errors };
  };
  return { calls, store, counted };
}

describe('a store that is observed', () => {
  it('given calls, when they end, then each is counted and timed, and what the store calls of itself is not', async () => {
    const { store, counted, calls } = shelf();

    expect(await store.find('a')).toBe('the first');
    expect(store.findNow('a')).toBe('the first');
    expect(store.name).toBe('oak');

    expect(counted('find')).toEqual({ calls: 1, errors: 0 });
    expect(counted('find_now')).toEqual({ calls: 1, errors: 0 });
    expect(calls.operations.every((each) => each.store === 'shelves')).toBe(true);
  });

  it('given failures, when they are counted, then those of the database are errors and no others', async () => {
    const { store, counted } = shelf();

    await expect(store.find('lost')).rejects.toThrow(StoreUnavailableError);
    await expect(store.find('b')).rejects.toThrow(RangeError);
    expect(() => store.findNow('b')).toThrow(RangeError);

    expect(counted('find')).toEqual({ calls: 2, errors: 1 });
    expect(counted('find_now')).toEqual({ calls: 1, errors: 0 });
  });

  it('given a listener, when calls are made, then it hears of the beginning and of the end of each', async () => {
    const { store, calls } = shelf();
    const heard: unknown[] = [];
    calls.listener = (name, operation) => {
      heard.push(`${name} ${operation}`);
      return (error) => heard.push(error);
    };

    await store.find('a');
    await store.find('lost').catch(() => {});

    expect(heard).toEqual(['shelves find', undefined, 'shelves find', expect.any(StoreUnavailableError)]);
  });

  it('given a proxy in front of it, when its methods are replaced there, then they are', async () => {
    const { store, counted } = shelf();
    const proxy = new Proxy(store, {
      get: (target, method: 'find') => async (id: string) => `${await target[method](id)}, through a proxy`,
    });

    expect(await proxy.find('a')).toBe('the first, through a proxy');
    expect(counted('find')).toEqual({ calls: 1, errors: 0 });
  });
});
