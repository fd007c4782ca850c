import { EventEmitter, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type Attempted, FairQueue } from './fair-queue';

interface Begun {
  readonly item: string;
  readonly attempt: number;
  end(attempted: Attempted): void;
}

/** A queue whose attempts the test ends one by one. */
function queueOf(atOnce: number) {
  const begun: Begun[] = [];
  const dropped: string[] = [];
  const queue = new FairQueue<string>({
    atOnce,
    attempt: (item, attempt) => new Promise((resolve) => begun.push({ item, attempt, end: resolve })),
    dropped: (item) => dropped.push(item),
  });
  return {
    queue,
    dropped,
    begun,
    items: () => begun.map(({ item }) => item),
    end: async (item: string, attempted: Attempted) => {
      begun.find((each) => each.item === item)?.end(attempted);
      await nextTurn();
    },
  };
}

describe('what waits for a slot', () => {
  it('given many items of one host, when another host has one, then two of the first are under way, and the other’s', () => {
    const { queue, items } = queueOf(16);
    for (let at = 0; at < 5; at += 1) queue.add('a.example', 'client', `a${at}`);

    queue.add('b.example', 'client', 'b');

    expect(items()).toEqual(['a0', 'a1', 'b']);
  });

  it('given many items of one client, when another client at that host has one, then it is next', async () => {
    const { queue, items, end } = queueOf(16);
    for (let at = 0; at < 5; at += 1) queue.add('a.example', 'many', `many${at}`);
    queue.add('a.example', 'one', 'one');

    await end('many0', 'done');
    await end('many1', 'done');

    expect(items()).toEqual(['many0', 'many1', 'many2', 'one']);
  });

  it('given a host that does not answer, when more is for it, then that waits', async () => {
    const { queue, items, end } = queueOf(16);
    for (let at = 0; at < 5; at += 1) queue.add('a.example', 'client', `a${at}`);

    await end('a0', 'unanswered');
    await end('a1', 'unanswered');
    queue.add('a.example', 'client', 'later');

    expect(items()).toEqual(['a0', 'a1']);
  });

  it('given a host that answers what will not do, when more is for it, then that goes on', async () => {
    const { queue, items, end } = queueOf(16);
    for (let at = 0; at < 4; at += 1) queue.add('a.example', 'client', `a${at}`);

    await end('a0', 'refused');

    expect(items()).toEqual(['a0', 'a1', 'a2']);
  });

  it('given any number of hosts that hang, when one that has answered before is to be told, then it is at once, and new ones are not', async () => {
    const { queue, items, end } = queueOf(16);
    queue.add('well.example', 'client', 'before');
    await end('before', 'done');
    for (let at = 0; at < 100; at += 1) queue.add(`${at}.example`, 'client', `hangs${at}`);
    const hanging = items().length - 1;

    queue.add('new.example', 'client', 'new');
    queue.add('well.example', 'client', 'well');

    expect([hanging, items().includes('new'), items().at(-1)]).toEqual([12, false, 'well']);
  });

  it('given hosts that hang, when each wants a slot, then the one that has waited longest is next', async () => {
    const { queue, items, end } = queueOf(4);
    for (let at = 0; at < 5; at += 1) queue.add(`${at}.example`, 'client', `item${at}`);

    await end('item1', 'done');
    await end('item0', 'done');

    expect(items()).toEqual(['item0', 'item1', 'item2', 'item3', 'item4']);
  });

  it('given a host that has filled the queue, when others have items, then these take the place of its own, until each has its share', () => {
    const { queue, dropped } = queueOf(1);
    const added = (key: string) => {
      let count = 0;
      while (queue.add(key, 'client', key)) count += 1;
      return count;
    };

    const counts = ['a.example', 'b.example', 'c.example'].map(added);

    expect(counts).toEqual([10_000, 4_999, 3_333]);
    expect(dropped).toHaveLength(4_999 + 3_333);
    expect(dropped).not.toContain('c.example');
  });

  it('given an item that is not worth an attempt any more, when its turn comes, then it is gone', async () => {
    const attempts: number[] = [];
    const queue = new FairQueue<string>({
      atOnce: 1,
      dropped: () => {},
      attempt: async (_item, attempt) => {
        attempts.push(attempt);
        return 'untried';
      },
    });
    queue.add('a.example', 'client', 'item');

    await queue.drain(1_000);

    expect(attempts).toEqual([1]);
  });

  it('given what waits, when the queue is to end, then hosts that answer are asked, and one that does not is not asked on', async () => {
    const asked: string[] = [];
    const queue = new FairQueue<string>({
      atOnce: 4,
      dropped: () => {},
      attempt: async (item) => {
        await nextTurn();
        asked.push(item);
        return item.startsWith('gone') ? 'unanswered' : 'done';
      },
    });
    for (let at = 0; at < 10; at += 1) {
      queue.add('gone.example', 'client', `gone${at}`);
      queue.add('well.example', 'client', `well${at}`);
    }

    await queue.drain(60_000);

    expect(asked.filter((item) => item.startsWith('well'))).toHaveLength(10);
    expect(asked.filter((item) => item.startsWith('gone')).length).toBeLessThan(4);
  });
});

describe('what could not be done', () => {
  it.each(['refused', 'unanswered'] as const)(
    'given an item that is %s each time, when it has been tried three times, then it is not tried again',
    async (attempted) => {
      const attempts = new EventEmitter();
      const queue = new FairQueue<string>({
        atOnce: 1,
        dropped: () => {},
        attempt: async (_item, attempt) => {
          attempts.emit('begun', attempt);
          return attempted;
        },
        pausesMs: [1, 2],
      });
      const begun: unknown[] = [];
      attempts.on('begun', (attempt) => begun.push(attempt));
      const third = new Promise((resolve) => attempts.on('begun', (attempt) => attempt === 3 && resolve(attempt)));
      queue.add('a.example', 'client', 'item');

      await third;
      await queue.drain(1_000);

      expect(begun).toEqual([1, 2, 3]);
    },
  );

  it('given more of one host than there is room for, all refused and left alone, when another host has one, then one of those is given up for it', async () => {
    const dropped: string[] = [];
    const attempts = new EventEmitter();
    const queue = new FairQueue<string>({
      atOnce: 16,
      attempt: async (item) => {
        attempts.emit(item);
        return item === 'other' ? 'done' : 'refused';
      },
      dropped: (item) => dropped.push(item),
      pausesMs: [60_000],
    });
    const isAlone = once(attempts, 'a9999');
    const isBegun = once(attempts, 'other');
    for (let at = 0; at < 10_000; at += 1) queue.add('a.example', 'client', `a${at}`);
    await isAlone;
    await nextTurn();

    const added = queue.add('b.example', 'client', 'other');

    expect([added, dropped]).toEqual([true, ['a0']]);
    await isBegun;
    await queue.drain(1_000);
  });
});
