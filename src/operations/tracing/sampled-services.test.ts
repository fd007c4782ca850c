import { beforeEach, describe, expect, it } from '@jest/globals';
import { SampledServices } from './sampled-services';

/** Tells who called it, as the call begins. */
class Store {
  services: SampledServices<string> | undefined;
  readonly callers: (string | undefined)[] = [];

  async find(): Promise<void> {
    this.callers.push(this.services?.caller);
    await Promise.resolve();
    this.callers.push(this.services?.caller);
  }

  fail(): void {
    throw new Error('failed');
  }
}

class Sessions {
  uses = 0;
  readonly seen = new Map<string, number>();

  constructor(private readonly store: Store) {}

  async check(): Promise<void> {
    this.uses += 1;
    this.seen.set('last', this.uses);
    await this.store.find();
  }

  fail(): void {
    this.store.fail();
  }
}

class Controller {
  next: Controller | undefined;

  constructor(private readonly checks: readonly Sessions[]) {}

  async answer(): Promise<void> {
    for (const each of this.checks) await each.check();
    for (const each of this.checks) await each.check();
  }

  fail(): void {
    this.checks[0]?.fail();
  }
}

describe('services of a request that is sampled', () => {
  let store: Store;
  let sessions: Sessions;
  let controller: Controller;
  let services: SampledServices<string>;

  beforeEach(() => {
    store = new Store();
    sessions = new Sessions(store);
    controller = new Controller([sessions]);
    controller.next = controller;
    services = new SampledServices<string>(() => [controller], new Set([store]));
    store.services = services;
  });

  it('given two requests that are sampled and one that is not, when they take turns, then each call has its own caller', async () => {
    await Promise.all([
      services.standInsFor('a')(controller).answer(),
      services.standInsFor('b')(controller).next?.answer(),
      controller.answer(),
    ]);

    const counts = new Map<string | undefined, number>();
    for (const caller of store.callers) counts.set(caller, (counts.get(caller) ?? 0) + 1);
    // Of each call the end, which is nobody's, and of the third all.
    expect(counts).toEqual(
      new Map([
        ['a', 2],
        ['b', 2],
        [undefined, 8],
      ]),
    );
  });

  it('given state in a service, when a stand-in changes it, then it is changed for all', async () => {
    await services.standInsFor('a')(controller).answer();

    expect([sessions.uses, sessions.seen.get('last')]).toEqual([2, 2]);
  });

  it('given a call that throws, when it is over, then nobody calls any more', () => {
    expect(() => services.standInsFor('a')(controller).fail()).toThrow('failed');

    expect(services.caller).toBeUndefined();
  });
});
