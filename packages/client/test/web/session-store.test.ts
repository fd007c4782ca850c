import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { memorySessionStore } from '../../src/web/next.ts';

/** Where a session of that name is kept. */
const session = (name: string) => `session.${name}`;

describe('the sessions in memory', () => {
  let now: number;
  beforeEach(() => {
    now = 0;
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** A store of one session, and the kinds of what it has dropped. */
  function watchedStore() {
    const evicted: string[] = [];
    const onEvicted = (kind: string) => evicted.push(kind);
    return { evicted, store: memorySessionStore(1, () => now, onEvicted) };
  }

  it('given a full store, when another session begins, then whoever asked to be told is told of the one that is dropped', () => {
    const { store, evicted } = watchedStore();
    store.set(session('one'), 'tokens', 60);
    store.set('login.one', 'verifier', 60);

    store.set(session('other'), 'tokens', 60);

    expect(store.get(session('one'))).toBeUndefined();
    expect(evicted).toEqual(['session']);
  });

  it('given a session that expired, when another one takes its place, then nobody is told', () => {
    const { store, evicted } = watchedStore();
    store.set(session('one'), 'tokens', 60);
    now = 60_000;

    store.set(session('other'), 'tokens', 60);

    expect(evicted).toEqual([]);
  });

  it('given nobody who asked to be told, when sessions are dropped, then one line a minute warns of all, and holds none of them', () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    const store = memorySessionStore(1, () => now);

    for (let index = 0; index < 1_000; index += 1) store.set(session(`${index}`), 'the tokens', 3_600);
    now = 60_000;
    store.set(session('another'), 'the tokens', 3_600);

    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^1 session was dropped .* limit/)],
      [expect.stringMatching(/^999 sessions were dropped .* limit/)],
    ]);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('the tokens');
  });
});
