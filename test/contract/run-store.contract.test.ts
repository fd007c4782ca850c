import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import type { Run, RunEvent } from '../../src/apps/comparison/run';
import { fixture, standIn } from '../support/run/fixture';
import { openRunStore } from '../support/stores/open-run-store';
import { emptyStore, bothStores } from '../support/stores/stores';

const now = Date.now();
const started: RunEvent = { type: 'started', expected: { steps: 14, attacks: 16 } };
const done: RunEvent = { type: 'done', status: 'passed', message: 'Every login succeeded' };

function newRun(changes: Partial<Run> = {}): Run {
  return {
    id: newId(),
    models: ['pkce', 'wallet'],
    attacks: true,
    createdAt: now,
    expiresAt: now + 3_600_000,
    deadline: now + 60_000,
    events: [],
    ...changes,
  };
}

describe.each(bothStores)('the store of runs on %s', (name) => {
  const store = fixture(() => emptyStore(name));
  const opened = fixture(() => openRunStore(store));
  const runs = standIn(() => opened.runs);

  it('given a run, when events are added, then it is found with them in order until it expires', async () => {
    const run = newRun();

    await runs.begin(run, 4);
    await runs.append(run.id, started);
    await runs.append(run.id, done);
    await runs.end(run.id);

    expect(await runs.find(run.id, run.expiresAt - 1)).toStrictEqual({ ...run, events: [started, done] });
    expect(await runs.find(run.id, run.expiresAt)).toBeUndefined();
    expect(await runs.find('\0', now)).toBeUndefined();
  });

  it('given runs that are gone, when events are added or they are ended, then nothing is there', async () => {
    const id = newId();

    await runs.append(id, started);
    await runs.end(id);

    expect(await runs.find(id, now)).toBeUndefined();
  });

  it('given twenty callers at once and four slots, when they begin, then four may, and others when those have ended', async () => {
    const many = Array.from({ length: 20 }, () => newRun());

    const begun = await Promise.all(many.map((run) => runs.begin(run, 4)));
    const winners = many.filter((_run, index) => begun[index]);
    await runs.end(winners[0]?.id ?? '');
    const next = [newRun(), newRun()];
    const after = [await runs.begin(next[0] ?? newRun(), 4), await runs.begin(next[1] ?? newRun(), 4)];
    for (const run of [...winners, ...next]) await runs.end(run.id);

    expect(winners).toHaveLength(4);
    expect(after).toEqual([true, false]);
    expect(await runs.find(many.find((_run, index) => !begun[index])?.id ?? '', now)).toBeUndefined();
  });

  it('given a run that was lost, when its deadline has passed, then its slot is another’s, and ending it late takes nothing', async () => {
    const lost = newRun();
    const next = newRun({ createdAt: lost.deadline, deadline: lost.deadline + 60_000 });

    const slots = [await runs.begin(lost, 1), await runs.begin(newRun(), 1), await runs.begin(next, 1)];
    await runs.end(lost.id);
    const late = await runs.begin(newRun({ createdAt: lost.deadline }), 1);
    await runs.end(next.id);

    expect(slots).toEqual([true, false, true]);
    expect(late).toBe(false);
  });

  it('given several runs, when the newest that is wanted is asked for, then it is that one', async () => {
    const [old, young, unwanted] = [newRun(), newRun({ createdAt: now + 10 }), newRun({ createdAt: now + 20 })];
    for (const run of [young, unwanted, old]) {
      await runs.begin(run, 4);
      await runs.end(run.id);
    }
    const ids = new Set([old.id, young.id]);

    const found = await runs.newest(now, ({ id }) => ids.has(id));

    expect(found?.id).toBe(young.id);
    expect(await runs.newest(young.expiresAt, ({ id }) => ids.has(id))).toBeUndefined();
  });

  it('given many newer runs, when the newest that is wanted is asked for, then no more than twenty are looked at', async () => {
    const many = Array.from({ length: 22 }, (_, index) => newRun({ createdAt: now + 100_000 + index }));
    for (const run of many) {
      await runs.begin(run, 4);
      await runs.end(run.id);
    }
    const seen: string[] = [];

    const found = await runs.newest(now, ({ id }) => {
      seen.push(id);
      return false;
    });

    expect(found).toBeUndefined();
    expect(seen).toEqual(
      many
        .map(({ id }) => id)
        .toReversed()
        .slice(0, 20),
    );
  });

  if (name === 'mongodb') {
    it.each(['comparison_runs', 'comparison_places'])(
      'given %s, when its indexes are read, then one expires it',
      async (collection) => {
        const indexes = await opened.connection().collection(collection).indexes();

        expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }));
      },
    );
  }
});
