import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Challenge, ChallengeKind } from '../../src/challenges/challenge';
import { ChallengeIdTakenError, ChallengeStore } from '../../src/challenges/challenge-store';
import { newId } from '../../src/credentials/secret';
import { type Contenders, contenders } from '../support/contenders';
import { type OpenStores, openStores } from '../support/open-stores';
import { sampleChallenges } from '../support/sample-challenges';
import { emptyStore, storesUnderTest } from '../support/stores';
import { redeemed } from '../support/redeemed';

const kinds: ChallengeKind[] = ['authorization_code', 'wallet_challenge', 'wallet_login', 'client_assertion'];

jest.setTimeout(30_000);

describe.each(storesUnderTest)('the challenge store on %s', (name) => {
  const store = emptyStore(name);
  let stores: OpenStores;
  let challenges: ChallengeStore;

  beforeAll(async () => {
    stores = await openStores(store);
    challenges = stores.get(ChallengeStore);
  });
  afterAll(async () => {
    await stores.close();
    await store.remove();
  });

  async function saved<Kind extends ChallengeKind>(kind: Kind) {
    const challenge = sampleChallenges(Date.now())[kind];
    await challenges.save(challenge as Challenge);
    return challenge;
  }

  it.each(kinds)('given a complete %s, when it is found and consumed, then it is what was saved', async (kind) => {
    const challenge = await saved(kind);

    const found = await challenges.find(kind, challenge.id);
    const consumed = await redeemed(challenges, kind, challenge.id, {}, Date.now());

    expect(found).toStrictEqual(challenge);
    expect(consumed).toStrictEqual(challenge);
    expect(await challenges.find(kind, challenge.id)).toBeUndefined();
  });

  it('given no optional field, when it is found, then there is none', async () => {
    const { oidcNonce: _, ...code } = sampleChallenges(Date.now()).authorization_code;
    const { chainId: __, ...authentication } = code.authentication;
    await challenges.save({ ...code, authentication });

    const found = await challenges.find('authorization_code', code.id);

    expect(found).toStrictEqual({ ...code, authentication });
  });

  it.each(kinds)('given a %s, when it is asked for as any other kind, then it is not there and stays', async (kind) => {
    const challenge = await saved(kind);
    const others = kinds.filter((other) => other !== kind);

    const found = await Promise.all(others.map((other) => challenges.find(other, challenge.id)));
    const consumed = await Promise.all(
      others.map((other) => redeemed(challenges, other, challenge.id, {}, Date.now())),
    );

    expect([...found, ...consumed].filter((each) => each !== undefined)).toEqual([]);
    expect(await redeemed(challenges, kind, challenge.id, {}, Date.now())).toStrictEqual(challenge);
  });

  it.each(kinds)(
    'given a %s, when one bound field differs, then nobody gets it and its owner still does',
    async (kind) => {
      const challenge: Challenge = await saved(kind);
      const bound = scalarsOf(challenge);

      for (const [field, value] of Object.entries(bound)) {
        const wrong = { ...bound, [field]: typeof value === 'number' ? value + 1 : `${value} ` };
        expect([field, await redeemed(challenges, kind, challenge.id, wrong, Date.now())]).toEqual([field, undefined]);
      }

      expect(await redeemed(challenges, kind, challenge.id, bound, Date.now())).toStrictEqual(challenge);
    },
  );

  it('given a field that the kind does not have, when it is matched, then nobody gets the challenge', async () => {
    const assertion = await saved('client_assertion');

    const consumed = await redeemed(
      challenges,
      'client_assertion',
      assertion.id,
      { wallet: 'x' } as object,
      Date.now(),
    );

    expect(consumed).toBeUndefined();
    expect(await challenges.find('client_assertion', assertion.id)).toStrictEqual(assertion);
  });

  it('given an operator in place of a value, when it is matched, then nobody gets the challenge', async () => {
    const code = await saved('authorization_code');

    const attempt = redeemed(
      challenges,
      'authorization_code',
      code.id,
      { codeChallenge: { $ne: '' } } as object,
      Date.now(),
    );

    expect(await attempt.catch(() => undefined)).toBeUndefined();
    expect(await challenges.find('authorization_code', code.id)).toStrictEqual(code);
  });

  it('given an expired challenge that is not swept, when it is consumed, then it is not, and find still tells of it', async () => {
    const code = await saved('authorization_code');

    const atExpiry = await redeemed(challenges, 'authorization_code', code.id, {}, code.expiresAt);
    const after = await redeemed(challenges, 'authorization_code', code.id, {}, code.expiresAt + 1);

    expect([atExpiry, after]).toEqual([undefined, undefined]);
    expect(await challenges.find('authorization_code', code.id)).toStrictEqual(code);
    expect(await redeemed(challenges, 'authorization_code', code.id, {}, code.expiresAt - 1)).toStrictEqual(code);
  });

  it.each(kinds)(
    'given a %s, when any kind is saved under its id, then it is refused and the first one stays',
    async (kind) => {
      const challenge = await saved(kind);

      const again = kinds.map((other) => challenges.save({ ...sampleChallenges(Date.now())[other], id: challenge.id }));

      for (const attempt of again) await expect(attempt).rejects.toBeInstanceOf(ChallengeIdTakenError);
      expect(await challenges.find(kind, challenge.id)).toStrictEqual(challenge);
    },
  );

  it('given one id, when 50 save under it at once, then one is accepted', async () => {
    const id = newId();

    const attempts = await Promise.allSettled(
      Array.from({ length: 50 }, () => challenges.save({ ...sampleChallenges(Date.now()).client_assertion, id })),
    );

    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
  });

  it('given ids that were never issued, when they are looked up, then nothing is there', async () => {
    const hostile = ['', '\0', 'a\0b', '\u0001', '\ud800', '$ne', '__proto__', 'x'.repeat(1_025), '\0'.repeat(100_000)];

    const found = await Promise.all(hostile.map((id) => challenges.find('authorization_code', id)));
    const consumed = await Promise.all(hostile.map((id) => redeemed(challenges, 'wallet_login', id, {}, Date.now())));

    expect([...found, ...consumed].filter((each) => each !== undefined)).toEqual([]);
  });

  it('given one of each kind, when 100 consume each at once, then one gets it', async () => {
    for (const kind of kinds) {
      const { id } = await saved(kind);

      const attempts = await Promise.all(
        Array.from({ length: 100 }, () => redeemed(challenges, kind, id, {}, Date.now())),
      );

      expect(attempts.filter((attempt) => attempt !== undefined)).toHaveLength(1);
    }
  });

  it('given a saved and a consumed challenge, when the store is opened again, then one is there and one is not', async () => {
    const [kept, spent] = [await saved('wallet_challenge'), await saved('wallet_challenge')];
    await redeemed(challenges, 'wallet_challenge', spent.id, {}, Date.now());

    await stores.close();
    stores = await openStores(store);
    challenges = stores.get(ChallengeStore);

    expect(await challenges.find('wallet_challenge', kept.id)).toStrictEqual(kept);
    expect(await challenges.find('wallet_challenge', spent.id)).toBeUndefined();
  });

  describe('with four processes', () => {
    let processes: Contenders;

    beforeAll(async () => {
      processes = await contenders(store, 4);
    });
    afterAll(() => processes.stop());

    it('given a challenge, when 8 callers in each consume it at once, then one of the 32 gets it', async () => {
      for (let round = 0; round < 10; round += 1) {
        const challenge = await saved('wallet_challenge');

        const winners = await processes.run({ name: 'redeem', id: challenge.id, callers: 8 });

        expect(winners).toEqual([challenge]);
        expect(await challenges.find('wallet_challenge', challenge.id)).toBeUndefined();
      }
    });
  });
});

function scalarsOf(challenge: Challenge): Record<string, string | number> {
  const fields = Object.entries(challenge).filter(
    (entry): entry is [string, string | number] => typeof entry[1] === 'string' || typeof entry[1] === 'number',
  );
  return Object.fromEntries(fields.filter(([field]) => field !== 'id' && field !== 'kind'));
}
