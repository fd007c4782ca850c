import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, jest } from '@jest/globals';
import { LmdbChallengeStore } from '../../src/challenges/lmdb-challenge-store';
import { LmdbDatabase } from '../../src/storage/lmdb-database';
import type { Answer } from '../support/challenge-load';
import { emptyStore } from '../support/stores';
import { startTypeScript } from '../support/ts-process';
import { redeemed } from '../support/redeemed';

jest.setTimeout(60_000);

const kills = 8;

it('given two processes under load, when they are killed at any moment, then nothing that was answered is undone', async () => {
  const store = emptyStore('lmdb');
  const directory = store.env['DATA_DIR'] ?? '';
  const answers: Answer[] = [];

  for (let round = 0; round < kills; round += 1) {
    const names = [`${round}a`, `${round}b`] as const;
    const processes = [names, names.toReversed()].map(([own = '', rival = '']) =>
      startTypeScript('test/support/challenge-load.ts', [directory, own, rival]),
    );
    for (const { child } of processes) child.on('message', (answer: Answer) => answers.push(answer));
    await Promise.all(processes.map((each) => each.message()));
    // A random moment of the load, not a wait for something.
    await delay(randomInt(20, 200));
    await Promise.all(processes.map((each) => each.kill()));
  }
  const database = new LmdbDatabase(directory, Date.now);
  const challenges = new LmdbChallengeStore(database);
  const consume = (id: string) => redeemed(challenges, 'wallet_challenge', id, {}, Date.now());
  const ids = (kind: Answer[0]) => answers.flatMap(([answer, id]) => (answer === kind ? [id] : []));
  const [saved, consumed] = [ids('saved'), ids('consumed')];
  const neverConsumed = saved.filter((id) => Number(id.split('-')[1]) % 4 === 0);
  const again = (await Promise.all(consumed.map(consume))).filter((each) => each !== undefined);
  const kept = (await Promise.all(neverConsumed.map(consume))).filter((each) => each !== undefined);
  await database.close();
  await store.remove();

  expect(consumed.length).toBeGreaterThan(kills);
  expect(new Set(consumed).size).toBe(consumed.length);
  expect(again).toEqual([]);
  expect(kept).toHaveLength(neverConsumed.length);
});
