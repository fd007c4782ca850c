import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Challenge, ChallengeKind, ChallengeMatch } from '../../src/domain/challenges/challenge';
import { ChallengeIdTakenError, ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { type Grant, liveGrantsAtMost } from '../../src/domain/challenges/grant';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { PushedRequests } from '../../src/protocols/login/pushed-requests';
import { SessionStore } from '../../src/protocols/login/session-store';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { contenders } from '../support/stores/contenders';
import { hostileIds } from '../support/service/hostile-values';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { sampleChallenges } from '../support/stores/sample-challenges';
import { sampleGrant } from '../support/stores/sample-grants';
import { bothStores } from '../support/stores/stores';
import { redeemed } from '../support/stores/redeemed';

const kinds = Object.keys(sampleChallenges(0)) as ChallengeKind[];

describe.each(bothStores)('the challenge store on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name));
  const challenges = portOf(stores, ChallengeStore);
  const grants = portOf(stores, GrantStore);
  const sessions = portOf(stores, SessionStore);

  async function saved<Kind extends ChallengeKind>(kind: Kind) {
    const challenge = sampleChallenges(Date.now())[kind];
    await challenges.save(challenge as Challenge);
    return challenge;
  }

  const grantsIn = () => stores.get(StoreInspector).count('grants');

  /** Redeems a wallet challenge, and begins a grant of its own with it. */
  async function begins(id: string, match: ChallengeMatch<'wallet_challenge'> = {}, now = Date.now()) {
    return challenges.redeem('wallet_challenge', id, match, now, () => ({ grant: sampleGrant(now) }));
  }

  it('given a grant that no challenge becomes, when it is begun twice, then it is there, once', async () => {
    const own = sampleGrant(Date.now());

    const begun = [await challenges.begin(own, Date.now()), await challenges.begin(own, Date.now())];

    expect(begun).toEqual([[], undefined]);
    expect(await grants.find(own.id)).toStrictEqual(own);
  });

  it('given a client that has ended since, when its grant is begun, then it is not', async () => {
    const own = sampleGrant(Date.now(), { clientId: newId() });
    await challenges.end({ clientId: own.clientId }, Date.now());

    expect(await challenges.begin(own, Date.now())).toBeUndefined();
    expect(await grants.find(own.id)).toBeUndefined();
  });

  it('given a taken id among those that are saved at once, when they are, then it alone is refused', async () => {
    const taken = await saved('wallet_challenge');
    const others = Array.from({ length: 3 }, () => sampleChallenges(Date.now()).authorization_code);
    const [first, ...rest] = others;

    const results = await Promise.allSettled(
      [first, { ...first, id: taken.id }, ...rest].map((each) => challenges.save(each as Challenge)),
    );

    expect(results.map((each) => each.status === 'rejected' && each.reason)).toEqual([
      false,
      expect.any(ChallengeIdTakenError),
      false,
      false,
    ]);
    expect(await Promise.all(others.map(({ id }) => challenges.find('authorization_code', id)))).toStrictEqual(others);
    expect(await challenges.find('wallet_challenge', taken.id)).toStrictEqual(taken);
  });

  it('given clients at their limit, when a grant begins for each at once, then each loses its own oldest one', async () => {
    const now = Date.now();
    const clientIds = [newId(), newId(), newId()];
    const own = (clientId: string, createdAt: number) => sampleGrant(now, { clientId, createdAt });
    const oldest = clientIds.map((clientId) => own(clientId, now - 1000));
    for (const grantOf of oldest) await challenges.begin(grantOf, now);
    for (const clientId of clientIds)
      for (let count = 1; count < liveGrantsAtMost; count += 1) await challenges.begin(own(clientId, now - count), now);

    const ended = await Promise.all(clientIds.map((clientId) => challenges.begin(own(clientId, now), now)));

    expect(ended).toEqual(oldest.map(({ id }) => [id]));
  });

  it('given no optional field, when it is found, then there is none', async () => {
    const { oidcNonce: _, ...code } = sampleChallenges(Date.now()).authorization_code;
    const { chainId: __, accountProof: ___, ...authentication } = code.authentication;
    await challenges.save({ ...code, authentication });

    const found = await challenges.find('authorization_code', code.id);

    expect(found).toStrictEqual({ ...code, authentication });
  });

  it.each(kinds)('given a %s, when it is asked for as any other kind, then it is not there and stays', async (kind) => {
    const challenge = await saved(kind);
    const others = kinds.filter((other) => other !== kind);

    const found = await Promise.all(others.map((other) => challenges.find(other, challenge.id)));
    const given = await Promise.all(others.map((other) => redeemed(challenges, other, challenge.id, {}, Date.now())));

    expect([...found, ...given].filter((each) => each !== undefined)).toEqual([]);
    expect(await redeemed(challenges, kind, challenge.id, {}, Date.now())).toStrictEqual(challenge);
  });

  it.each(kinds)(
    'given a %s, when one bound field differs, then nobody gets it, no grant begins, and its owner still gets it',
    async (kind) => {
      const challenge: Challenge = await saved(kind);
      const [before, own] = [await grantsIn(), sampleGrant(Date.now())];
      const bound = scalarsOf(challenge);

      for (const [field, value] of Object.entries(bound)) {
        const differs = { [field]: typeof value === 'number' ? value + 1 : `${value} ` };
        for (const wrong of [differs, { ...bound, ...differs }]) {
          const attempt = challenges.redeem(kind, challenge.id, wrong, Date.now(), () => ({ grant: own }));
          expect([field, await attempt]).toEqual([field, undefined]);
        }
      }

      expect(await grantsIn()).toBe(before);
      expect(await grants.find(own.id)).toBeUndefined();
      expect(await challenges.find(kind, challenge.id)).toStrictEqual(challenge);
      expect(await redeemed(challenges, kind, challenge.id, bound, Date.now())).toStrictEqual(challenge);
    },
  );

  it('given a field that the kind does not have, when it is matched, then nobody gets the challenge', async () => {
    const assertion = await saved('client_assertion');

    const given = await redeemed(challenges, 'client_assertion', assertion.id, { wallet: 'x' } as object, Date.now());

    expect(given).toBeUndefined();
    expect(await challenges.find('client_assertion', assertion.id)).toStrictEqual(assertion);
  });

  it('given a code that is bound to a key, when it is redeemed with none and another, then it is for that key alone', async () => {
    const { id, dpopJkt } = await saved('authorization_code');
    const redeem = (match: ChallengeMatch<'authorization_code'>) =>
      redeemed(challenges, 'authorization_code', id, match, Date.now());

    const others = [
      await redeem({ dpopJkt: undefined }),
      await redeem({ dpopJkt: 'another' }),
      await redeem({ dpopJkt: { $ne: '' } as unknown as string }).catch(() => undefined),
    ];

    expect(others).toEqual([undefined, undefined, undefined]);
    expect((await redeem({ dpopJkt }))?.id).toBe(id);
  });

  it.each([undefined, 'any'])(
    'given a code that is bound to none, when it is redeemed with the key %j, then it is given up',
    async (dpopJkt) => {
      const { dpopJkt: _, ...code } = sampleChallenges(Date.now()).authorization_code;
      await challenges.save(code);

      const given = await redeemed(challenges, 'authorization_code', code.id, { dpopJkt }, Date.now());

      expect(given).toStrictEqual(code);
    },
  );

  it('given an operator in place of a value, when it is matched, then nobody gets the challenge', async () => {
    const code = await saved('authorization_code');

    const attempt = redeemed(challenges, 'authorization_code', code.id, { codeChallenge: { $ne: '' } } as object);

    expect(await attempt.catch(() => undefined)).toBeUndefined();
    expect(await challenges.find('authorization_code', code.id)).toStrictEqual(code);
  });

  it('given an expired challenge that is not swept, when it is redeemed, then there is no grant, find still tells of it, and in its last millisecond there was one', async () => {
    const challenge = await saved('wallet_challenge');
    const { id, expiresAt } = challenge;
    const before = await grantsIn();

    const late = [await begins(id, {}, expiresAt), await begins(id, {}, expiresAt + 1)];
    const between = [await challenges.find('wallet_challenge', id), await grantsIn()];
    const inTime = await begins(id, {}, expiresAt - 1);

    expect(late).toEqual([undefined, undefined]);
    expect(between).toStrictEqual([challenge, before]);
    expect(inTime?.challenge).toStrictEqual(challenge);
    expect(await grantsIn()).toBe(before + 1);
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

  it('given an id that is taken, when others are saved after it, then none of them is', async () => {
    const { dpop_proof: proof, pushed_request: first } = sampleChallenges(Date.now());
    const { pushed_request: second } = sampleChallenges(Date.now());
    await challenges.save(proof, first);

    await expect(challenges.save(proof, second)).rejects.toThrow(ChallengeIdTakenError);

    expect(await challenges.find('dpop_proof', proof.id)).toEqual(proof);
    expect(await challenges.find('pushed_request', first.id)).toEqual(first);
    expect(await challenges.find('pushed_request', second.id)).toBeUndefined();
  });

  it('given a challenge that becomes another, when 20 redeem it at once, then it is gone and there is the one of who won', async () => {
    const pushed = await saved('pushed_request');
    const successors = Array.from({ length: 20 }, () => sampleChallenges(Date.now()).authorization_code);

    const became = await Promise.all(
      successors.map((successor) =>
        challenges.redeem('pushed_request', pushed.id, {}, Date.now(), () => ({ successor })),
      ),
    );

    const found = await Promise.all(successors.map(({ id }) => challenges.find('authorization_code', id)));
    expect(found.map(Boolean)).toEqual(became.map(Boolean));
    expect(found.filter(Boolean)).toHaveLength(1);
    expect(await challenges.find('pushed_request', pushed.id)).toBeUndefined();
  });

  it('given a challenge that becomes a session, when 20 redeem it at once, then there is one, as if it had begun by itself', async () => {
    const challenge = await saved('passkey_login');
    const now = Date.now();
    const authentication = { sub: newId(), amr: ['pop'], authTime: 0 };
    const session = { id: newId(), authentication, createdAt: now, expiresAt: now + 60_000 };

    const became = await Promise.all(
      Array.from({ length: 20 }, () => challenges.redeem('passkey_login', challenge.id, {}, now, () => ({ session }))),
    );

    const { sub } = authentication;
    expect(became.filter(Boolean)).toEqual([{ challenge, session, endedIds: [] }]);
    expect(await sessions.list(sub, { limit: 2 }, now)).toEqual({ items: [session] });
    expect(await sessions.end(session.id, now)).toBe(true);
    expect(await sessions.list(sub, { limit: 2 }, now)).toEqual({ items: [] });
  });

  it('given a challenge whose session is there already, when it is redeemed, then it is not, and the session stays as it is', async () => {
    const challenge = await saved('wallet_login');
    const now = Date.now();
    const session = {
      id: newId(),
      authentication: { sub: newId(), amr: ['pop'], authTime: 0 },
      createdAt: now,
      expiresAt: now + 60_000,
    };
    await sessions.begin(session);

    const other = { ...session, authentication: { ...session.authentication, sub: newId() } };

    expect(await challenges.redeem('wallet_login', challenge.id, {}, now, () => ({ session: other }))).toBeUndefined();
    expect(await sessions.find(session.id, now)).toEqual(session);
  });

  it('given ids that were never issued, when they are looked up, then nothing is there', async () => {
    const found = await Promise.all(hostileIds.map((id) => challenges.find('authorization_code', id)));
    const given = await Promise.all(hostileIds.map((id) => redeemed(challenges, 'wallet_login', id, {}, Date.now())));

    expect([...found, ...given].filter((each) => each !== undefined)).toEqual([]);
  });

  describe('that begins a grant', () => {
    it.each(kinds)(
      'given a complete %s, when it is found and redeemed, then it is what was saved, and its grant is there, exactly as it was begun',
      async (kind) => {
        const challenge: Challenge = await saved(kind);
        const begun = sampleGrant(Date.now());
        const seen: (Challenge | undefined)[] = [await challenges.find(kind, challenge.id)];

        const won = await challenges.redeem(kind, challenge.id, {}, Date.now(), (found) => {
          seen.push(found);
          return { grant: begun, refreshToken: 'of the answer alone' };
        });

        expect(won).toStrictEqual({ challenge, grant: begun, refreshToken: 'of the answer alone', endedIds: [] });
        expect(seen).toStrictEqual([challenge, challenge]);
        expect(await grants.find(begun.id)).toStrictEqual(begun);
        expect(await challenges.find(kind, challenge.id)).toBeUndefined();
      },
    );

    it('given a grant id that is taken, when another challenge would begin it, then it begins none and the first one stays', async () => {
      const [first, second] = [await saved('wallet_challenge'), await saved('wallet_challenge')];
      const begun = (await begins(first.id))?.grant ?? sampleGrant(0);
      const other = { ...sampleGrant(Date.now() + 1), id: begun.id };

      const taken = await challenges.redeem('wallet_challenge', second.id, {}, Date.now(), () => ({ grant: other }));

      expect(taken).toBeUndefined();
      expect(await grants.find(begun.id)).toStrictEqual(begun);
    });

    it.each(kinds)(
      'given a %s, when 100 redeem it at once, each for a grant of its own, then there is the grant of the one who won',
      async (kind) => {
        const { id } = await saved(kind);
        const before = await grantsIn();
        const begun: Grant[] = [];

        const attempts = await Promise.all(
          Array.from({ length: 100 }, () =>
            challenges.redeem(kind, id, {}, Date.now(), () => {
              const own = sampleGrant(Date.now());
              begun.push(own);
              return { grant: own };
            }),
          ),
        );

        const winners = attempts.filter((attempt) => attempt !== undefined);
        expect(winners.map((winner) => winner.grant)).toStrictEqual(begun);
        expect(begun).toHaveLength(1);
        expect(await grantsIn()).toBe(before + 1);
        expect(await grants.find(begun[0]?.id ?? '')).toStrictEqual(begun[0]);
      },
    );

    it('given 50 wrong verifiers around the right one, when they race, whoever is first, then the right one gets it', async () => {
      for (let place = 0; place <= 50; place += 5) {
        const { id, codeChallenge } = await saved('authorization_code');
        const before = await grantsIn();
        const own = sampleGrant(Date.now());
        const matches = Array.from({ length: 51 }, (_, index) => (index === place ? codeChallenge : newSecret()));

        const attempts = await Promise.all(
          matches.map((match) =>
            challenges.redeem('authorization_code', id, { codeChallenge: match }, Date.now(), () => ({ grant: own })),
          ),
        );

        expect(attempts.flatMap((attempt, index) => (attempt === undefined ? [] : [index]))).toEqual([place]);
        expect(attempts[place]?.challenge.id).toBe(id);
        expect(await grantsIn()).toBe(before + 1);
      }
    });

    it('given both sides of the last millisecond at once, when they race, then one within it gets the challenge', async () => {
      for (let round = 0; round < 20; round += 1) {
        const { id, expiresAt } = await saved('wallet_challenge');
        const times = Array.from({ length: 20 }, (_, index) => expiresAt - 1 + (index % 2));

        const attempts = await Promise.all((round % 2 ? times : times.toReversed()).map((now) => begins(id, {}, now)));

        const winners = attempts.flatMap((attempt) => (attempt === undefined ? [] : [attempt.grant.createdAt]));
        expect(winners).toEqual([expiresAt - 1]);
      }
    });

    it('given a life that ends while many redeem, when the clock runs, then at most one gets it, and none when it is over', async () => {
      for (let round = 0; round < 10; round += 1) {
        const expiresAt = Date.now() + 20;
        const challenge = { ...sampleChallenges(Date.now()).wallet_challenge, expiresAt };
        await challenges.save(challenge);

        const attempts = await Promise.all(
          Array.from({ length: 40 }, async (_, index) => {
            await delay(index);
            // The first ones ask for another wallet, so that those who could win come when the life is about to end.
            const match = index < 10 ? { wallet: 'another' } : {};
            return (await begins(challenge.id, match))?.grant.createdAt;
          }),
        );

        const winners = attempts.filter((now) => now !== undefined);
        expect(winners.length).toBeLessThanOrEqual(1);
        for (const now of winners) expect(now).toBeLessThan(expiresAt);
        const late = await begins(challenge.id, {}, expiresAt);
        expect(late).toBeUndefined();
        expect((await challenges.find('wallet_challenge', challenge.id)) === undefined).toBe(winners.length === 1);
      }
    });
  });

  it('given a saved and a redeemed challenge, when the store is opened again, then one is there and one is not', async () => {
    const [kept, spent] = [await saved('wallet_challenge'), await saved('wallet_challenge')];
    await redeemed(challenges, 'wallet_challenge', spent.id, {}, Date.now());

    await stores.reopen();

    expect(await challenges.find('wallet_challenge', kept.id)).toStrictEqual(kept);
    expect(await challenges.find('wallet_challenge', spent.id)).toBeUndefined();
  });

  describe('with four processes', () => {
    const processes = fixture(() => contenders(stores, 4));

    it('given a challenge, when 8 callers in each redeem it at once, then one of the 32 gets it', async () => {
      for (let round = 0; round < 10; round += 1) {
        const challenge = await saved('wallet_challenge');

        const winners = await processes.run({ name: 'redeem', id: challenge.id, callers: 8 });

        expect(winners).toEqual([challenge]);
        expect(await challenges.find('wallet_challenge', challenge.id)).toBeUndefined();
      }
    });

    it('given a pushed request, when 8 browsers at each open it at once, then it is for one of the 32, and becomes one code', async () => {
      const pushedRequests = new PushedRequests(challenges, stores.clock);
      for (let round = 0; round < 5; round += 1) {
        const requestUri = await pushedRequests.push('demo-spa', 'client_id=demo-spa');

        const codes = await processes.run({ name: 'open', requestUri, clientId: 'demo-spa', callers: 8 });

        expect(codes).toEqual([1]);
      }
    });

    it('given a challenge, when 8 callers in each redeem it at once, each for a grant of its own, then there is one grant', async () => {
      for (let round = 0; round < 10; round += 1) {
        const challenge = await saved('wallet_challenge');
        const before = await grantsIn();

        const winners = (await processes.run({ name: 'begin', id: challenge.id, callers: 8 })) as Grant[];

        expect(winners).toHaveLength(1);
        expect(await grants.find(winners[0]?.id ?? '')).toStrictEqual(winners[0]);
        expect(await grantsIn()).toBe(before + 1);
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
