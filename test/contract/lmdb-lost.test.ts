import { execFileSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { expiredChallengeKept } from '../../src/domain/challenges/challenge';
import { LmdbChallengeStore } from '../../src/domain/challenges/lmdb-challenge-store';
import { LmdbGrantStore } from '../../src/domain/challenges/lmdb-grant-store';
import { storeTimeoutMs } from '../../src/platform/storage/with-timeout';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import { record, time } from '../../src/platform/storage/record-schema';
import { StoreUnavailableError } from '../../src/platform/storage/store-unavailable.error';
import { eventually } from '../support/run/eventually';
import { fixtureOfEach } from '../support/run/fixture';
import { newDirectory } from '../support/run/temporary-directory';
import { sampleChallenges } from '../support/stores/sample-challenges';
import { sampleGrant } from '../support/stores/sample-grants';
import { startTypeScript } from '../support/run/ts-process';
import { redeemed } from '../support/stores/redeemed';

/** It looks ten times a second; the rest is for a busy machine. */
const noticedWithinMs = 5_000;

const refusalOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  );

const expiring = { name: 'expiring', schema: record({ expiresAt: time }) };

describe('the embedded store', () => {
  let directory: string;

  const parent = fixtureOfEach(newDirectory);
  beforeEach(() => {
    directory = join(parent.path, 'data');
  });
  const database = fixtureOfEach(
    () => new LmdbDatabase(directory, Date.now, { keepExpiredMs: expiredChallengeKept * 1000, sweepIntervalMs: 20 }),
  );
  const challenges = fixtureOfEach(() => new LmdbChallengeStore(database));
  const grants = fixtureOfEach(() => new LmdbGrantStore(database));

  const save = () => challenges.save(sampleChallenges(Date.now()).wallet_challenge);

  it('given a long expired record, when the sweeper has run, then it is gone, and what has just expired is not', async () => {
    const {
      authorization_code: expired,
      wallet_challenge: recent,
      wallet_login: living,
    } = sampleChallenges(Date.now());
    await challenges.save({ ...expired, expiresAt: Date.now() - expiredChallengeKept * 1000 - 1 });
    await challenges.save({ ...recent, expiresAt: Date.now() - 1 });
    await challenges.save(living);

    await eventually(async () => (await challenges.find('authorization_code', expired.id)) === undefined, {
      withinMs: 20_000,
    });

    expect(await challenges.find('wallet_challenge', recent.id)).toBeDefined();
    expect(await challenges.find('wallet_login', living.id)).toStrictEqual(living);
  });

  it('given 2500 expired records, when it sweeps, then it removes them all and counts them', async () => {
    const now = Date.now();
    const lasting = now + 60_000;
    const samples = Array.from({ length: 2_500 }, () => ({
      ...sampleChallenges(now).client_assertion,
      expiresAt: lasting,
    }));
    await Promise.all(samples.map((sample) => challenges.save(sample)));

    const early = await database.sweep(lasting - 1);
    const removed = await database.sweep(lasting + 1);

    expect([early, removed]).toEqual([0, 2_500]);
  });

  it('given a record that was replaced by one that lives longer, when it sweeps, then that one stays', async () => {
    const now = Date.now();
    const table = database.table(expiring);
    await database.write(() => table.put('key', { expiresAt: now + 60_000 }));
    await database.write(() => table.put('key', { expiresAt: now + 120_000 }));

    const removed = await database.sweep(now + 90_000);

    expect(removed).toBe(0);
    expect(table.getFresh('key')).toEqual({ expiresAt: now + 120_000 });
  });

  it('given a data directory that is gone, when it is asked, then it rejects, and serves again when it is back', async () => {
    const challenge = sampleChallenges(Date.now()).wallet_challenge;
    const grant = sampleGrant(Date.now());
    await challenges.save(challenge);

    const isLost = async () => (await refusalOf(challenges.find('wallet_challenge', challenge.id))) !== undefined;
    renameSync(directory, `${directory}-away`);
    await eventually(isLost, { withinMs: noticedWithinMs, everyMs: 5 });
    const refused = await Promise.all(
      [
        challenges.save(sampleChallenges(Date.now()).wallet_challenge),
        challenges.find('wallet_challenge', challenge.id),
        challenges.redeem('wallet_challenge', challenge.id, {}, Date.now(), () => ({ grant })),
        grants.find(grant.id),
        grants.revoke(grant.id, Date.now()),
      ].map(refusalOf),
    );
    renameSync(`${directory}-away`, directory);
    await eventually(async () => !(await isLost()), { withinMs: noticedWithinMs, everyMs: 5 });

    expect(refused).toEqual(refused.map(() => expect.any(StoreUnavailableError)));
    expect(await grants.find(grant.id)).toBeUndefined();
    expect(await redeemed(challenges, 'wallet_challenge', challenge.id, {}, Date.now())).toStrictEqual(challenge);
  });

  it('given a data file that was replaced by a copy, when it is written, then it rejects rather than write what nobody sees', async () => {
    const file = join(directory, 'lmdb', 'data.mdb');
    await save();

    copyFileSync(file, `${file}-copy`);
    renameSync(`${file}-copy`, file);
    await eventually(async () => (await refusalOf(save())) !== undefined, { withinMs: noticedWithinMs, everyMs: 5 });

    expect(await refusalOf(save())).toBeInstanceOf(StoreUnavailableError);
  });

  it('given work that refuses, when it is run with others at once, then its error is thrown, and theirs is written', async () => {
    const table = database.table({ name: 'sample', schema: record({ value: z.number() }) });
    const error = new Error('refused');
    const refuse = () => {
      throw error;
    };
    const put = (key: string) => () => {
      table.put(key, { value: 1 });
      return key;
    };

    const outcomes = await Promise.allSettled([put('a'), refuse, put('b'), refuse].map((work) => database.write(work)));

    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: 'b' },
      { status: 'rejected', reason: error },
    ]);
    expect(table.valuesFresh()).toHaveLength(2);
  });

  it('given a key of any length and kind, when a record that expires is put, then all of it is written', async () => {
    const table = database.table(expiring);
    const lasting = Date.now() + 60_000;
    const keys = [
      '\0',
      '\0'.repeat(1_024),
      'x'.repeat(1_024),
      'x'.repeat(1_025),
      '\u{10ffff}'.repeat(256),
      '\ud800',
      '\ud800'.repeat(100),
      '\udfff'.repeat(100),
    ];

    for (const key of keys) await database.write(() => table.put(key, { expiresAt: lasting }));

    expect(keys.map((key) => table.getFresh(key))).toEqual(keys.map(() => ({ expiresAt: lasting })));
    expect(await database.sweep(lasting + 1)).toBe(keys.length);
  });

  it('given a process that stopped while it held the writer, when another writes, then it rejects in time, and serves when that one is killed', async () => {
    const holder = startTypeScript('test/support/stores/lmdb-holder.ts', [directory]);
    await holder.message();
    const challenge = sampleChallenges(Date.now()).wallet_challenge;

    const started = Date.now();
    const attempt = await challenges.save(challenge).catch((error: unknown) => error);
    const elapsed = Date.now() - started;
    const read = await challenges.find('wallet_challenge', challenge.id);
    await holder.kill();

    expect(attempt).toBeInstanceOf(StoreUnavailableError);
    expect(elapsed).toBeLessThan(storeTimeoutMs + 4_000);
    expect(read).toBeUndefined();
    await challenges.save(sampleChallenges(Date.now()).wallet_challenge);
  });

  // A limit on the size of files stands in for a full disk: the write fails in the same place, also for root.
  it('given a disk that is full, when it writes, then it rejects without ending the process, and serves when there is room', async () => {
    const writer = startTypeScript('test/support/stores/lmdb-filler.ts', [directory]);
    await writer.message();
    execFileSync('prlimit', ['--pid', String(writer.child.pid), '--fsize=1000000:unlimited']);

    writer.child.send('fill');
    const full = await writer.message();
    execFileSync('prlimit', ['--pid', String(writer.child.pid), '--fsize=unlimited:unlimited']);
    writer.child.send('fill a little');
    const roomy = await writer.message();
    await writer.kill();

    expect(full).toMatchObject({ rejected: 'StoreUnavailableError' });
    expect(roomy).toMatchObject({ rejected: 'nothing', lost: 0 });
  });
});
