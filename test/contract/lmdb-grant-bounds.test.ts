import { describe, expect, it } from '@jest/globals';
import { liveGrantsAtMost } from '../../src/domain/challenges/grant';
import { LmdbChallengeStore } from '../../src/domain/challenges/lmdb-challenge-store';
import { LmdbGrantStore } from '../../src/domain/challenges/lmdb-grant-store';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import { fixtureOfEach } from '../support/run/fixture';
import { newDirectory } from '../support/run/temporary-directory';
import { sampleGrant } from '../support/stores/sample-grants';

const now = Date.now();

describe('the limit of live grants on the embedded store', () => {
  const directory = fixtureOfEach(newDirectory);
  const database = fixtureOfEach(() => new LmdbDatabase(directory.path, () => now));

  it.each([
    ['in turn', (index: number) => index % 2],
    ['one after the other', (index: number) => Math.floor(index / (liveGrantsAtMost - 5))],
  ])('given two processes that begin grants of one account %s, then no more than the limit live', async (_, turnOf) => {
    const processes = [new LmdbChallengeStore(database), new LmdbChallengeStore(database)];
    const grants = Array.from({ length: 2 * liveGrantsAtMost - 10 }, (_each, index) =>
      sampleGrant(now, { createdAt: now + index }),
    );

    for (const [index, grant] of grants.entries()) await processes[turnOf(index)]?.begin(grant, now + index);

    const [{ clientId, authentication }] = grants as [(typeof grants)[number]];
    const query = { clientId, sub: authentication.sub };
    const { items } = await new LmdbGrantStore(database).list(query, { limit: 2 * liveGrantsAtMost }, now);
    expect(items.map(({ id }) => id).toSorted()).toEqual(
      grants
        .slice(-liveGrantsAtMost)
        .map(({ id }) => id)
        .toSorted(),
    );
  });
});
