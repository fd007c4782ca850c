import { describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { sampleChallenges } from '../support/stores/sample-challenges';
import { bothStores } from '../support/stores/stores';

describe.each(bothStores)('the inspector of %s', (name) => {
  const stores = fixture(() => openEmptyStore(name));
  const inspector = portOf(stores, StoreInspector);

  it('given a collection that nobody has written, when it is looked at, then it is empty', async () => {
    expect(await inspector.count('nothing')).toBe(0);
    expect(await inspector.countBy('nothing', 'kind', 10)).toEqual({});
    expect(await inspector.list('nothing', 10)).toEqual([]);
  });

  it('given records, when they are counted by a field, then among no more than the limit', async () => {
    const samples = Array.from({ length: 3 }, () => Object.values(sampleChallenges(Date.now()))).flat();
    await Promise.all(samples.map((sample) => stores.get(ChallengeStore).save(sample)));

    const all = await inspector.countBy('challenges', 'kind', 100);
    const some = await inspector.countBy('challenges', 'kind', 5);

    expect(all).toEqual({
      authorization_code: 3,
      wallet_challenge: 3,
      wallet_login: 3,
      wallet_nonce: 3,
      client_assertion: 3,
      pushed_request: 3,
      opened_request: 3,
      dpop_proof: 3,
      wallet_link: 3,
      passkey_login: 3,
      passkey_creation: 3,
    });
    expect(Object.values(some).reduce((sum, count) => sum + count)).toBe(5);
    expect(await inspector.count('challenges')).toBe(33);
  });

  it('given more records than are counted one by one, when they are counted, then there are at least so many', async () => {
    // Not all at once: the last would wait for all others, and a store's answer is waited for 5 s and no longer.
    for (let saved = 0; saved < 1_050; saved += 50) {
      const samples = Array.from({ length: 50 }, () => sampleChallenges(Date.now()).client_assertion);
      await Promise.all(samples.map((sample) => stores.get(ChallengeStore).save(sample)));
    }

    expect(await inspector.count('challenges')).toBeGreaterThanOrEqual(1_000);
  });
});
