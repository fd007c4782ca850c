import { describe, expect, it } from '@jest/globals';
import { expiredChallengeKept } from '../../src/domain/challenges/challenge';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { MongoDatabase } from '../../src/platform/storage/mongo-database';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { openEmptyStore } from '../support/stores/open-empty-store';
import { sampleChallenges } from '../support/stores/sample-challenges';

describe('expiry on MongoDB', () => {
  const stores = fixture(() => openEmptyStore('mongodb'));

  it.each([
    ['challenges', expiredChallengeKept],
    ['grants', 0],
    ['sessions', 0],
    ['not_befores', 0],
    ['consents', 0],
    ['mails', 0],
    ['console_sessions', 0],
    ['rate_limits', 0],
  ])(
    'given the collection %s, when its indexes are listed, then one removes %i s after the time in expiresAt',
    async (collection, expireAfterSeconds) => {
      const indexes = await stores.get(MongoDatabase).connection.collection(collection).indexes();

      expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds }));
    },
  );

  it('given an expired challenge and a living one, when the server has swept, then the living one is left', async () => {
    const { wallet_challenge: expired, wallet_login: living } = sampleChallenges(Date.now());
    await stores.get(ChallengeStore).save({ ...expired, expiresAt: Date.now() - expiredChallengeKept * 1000 });
    await stores.get(ChallengeStore).save(living);

    // MongoDB sweeps once a minute.
    const isGone = async () => (await stores.get(ChallengeStore).find('wallet_challenge', expired.id)) === undefined;
    await eventually(isGone, { withinMs: 150_000, everyMs: 500 });

    expect(await stores.get(ChallengeStore).find('wallet_login', living.id)).toStrictEqual(living);
  });
});
