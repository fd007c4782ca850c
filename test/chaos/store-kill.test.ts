import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { challengeRecords } from '../../src/domain/challenges/challenge';
import { LmdbChallengeStore } from '../../src/domain/challenges/lmdb-challenge-store';
import { LmdbGrantStore } from '../../src/domain/challenges/lmdb-grant-store';
import { grantTable } from '../../src/domain/challenges/lmdb-grants';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import type { Answer } from '../support/stores/challenge-load';
import { emptyStore } from '../support/stores/stores';
import { startTypeScript } from '../support/run/ts-process';
import { redeemed } from '../support/stores/redeemed';

const kills = 8;

it('given two processes under load, when they are killed at any moment, then nothing that was answered is undone', async () => {
  const store = emptyStore('lmdb');
  const directory = store.env['DATA_DIR'] ?? '';
  const answers: Answer[] = [];

  for (let round = 0; round < kills; round += 1) {
    const names = [`${round}a`, `${round}b`] as const;
    const processes = [names, names.toReversed()].map(([own = '', rival = '']) =>
      startTypeScript('test/support/stores/challenge-load.ts', [directory, own, rival]),
    );
    for (const { child } of processes) child.on('message', (answer: Answer) => answers.push(answer));
    await Promise.all(processes.map((each) => each.message()));
    // A random moment of the load, not a wait for something.
    await delay(randomInt(20, 200));
    await Promise.all(processes.map((each) => each.kill()));
  }
  const database = new LmdbDatabase(directory, Date.now);
  const [challenges, grants] = [new LmdbChallengeStore(database), new LmdbGrantStore(database)];
  const alive = database.table(challengeRecords).entriesFresh();
  const begun = database.table(grantTable).entriesFresh();
  const ids = (kind: Answer[0]) => answers.flatMap(([answer, id]) => (answer === kind ? [id] : []));
  const [saved, redeemedIds] = [ids('saved'), ids('redeemed')];
  const isGranted = async (id: string) => (await grants.findSuccessor('wallet_challenge', id)) !== undefined;
  const isAlive = async (id: string) => (await challenges.find('wallet_challenge', id)) !== undefined;
  const lost = await filtered(saved, async (id) => !(await isAlive(id)) && !(await isGranted(id)));
  const ungranted = await filtered(redeemedIds, async (id) => !(await isGranted(id)));
  const both = await filtered(
    alive.map(({ key }) => key),
    isGranted,
  );
  const redeem = (id: string) => redeemed(challenges, 'wallet_challenge', id, {}, Date.now());
  const neverRedeemed = saved.filter((id) => Number(id.split('-')[1]) % 4 === 0);
  const again = await filtered(redeemedIds, async (id) => (await redeem(id)) !== undefined);
  const kept = await filtered(neverRedeemed, async (id) => (await redeem(id)) !== undefined);
  await database.close();
  await store.remove();

  expect(redeemedIds.length).toBeGreaterThan(kills);
  expect(new Set(redeemedIds).size).toBe(redeemedIds.length);
  expect(again).toEqual([]);
  expect(kept).toEqual(neverRedeemed);
  // Deletion and grant are one: each that is gone has its grant, and none has its grant and is there.
  expect([lost, ungranted, both]).toEqual([[], [], []]);
  expect(begun.length).toBeGreaterThanOrEqual(redeemedIds.length);
});

async function filtered(ids: readonly string[], holds: (id: string) => Promise<boolean>): Promise<string[]> {
  const held = await Promise.all(ids.map(holds));
  return ids.filter((_id, index) => held[index]);
}
