import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type Grant, revokedTokensAtMost, grantIdFor } from '../../src/domain/challenges/grant';
import { type GrantQuery, GrantStore, type RotationMatch } from '../../src/domain/challenges/grant-store';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { PlaceUnknownError } from '../../src/platform/storage/page';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { contenders } from '../support/stores/contenders';
import { hostileIds } from '../support/service/hostile-values';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { pagesOf } from '../support/stores/pages';
import { begunGrant, begunOnlineGrant, rotated, sampleGrant } from '../support/stores/sample-grants';
import { bothStores } from '../support/stores/stores';

const now = Date.now();
const day = 24 * 3_600_000;

const of = (sub: string): Pick<Grant, 'authentication'> => ({
  authentication: { sub, amr: ['pwd'], authTime: 1_700_000_000 },
});
const sorted = (...all: Grant[]) => all.map(({ id }) => id).toSorted();

describe.each(bothStores)('the grant store on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name));
  const grants = portOf(stores, GrantStore);

  const begun = (changes: Partial<Grant> = {}) => begunGrant(stores, changes);
  const matchOf = ({ clientId, refresh }: Awaited<ReturnType<typeof begun>>): RotationMatch => ({
    clientId,
    current: refresh.current,
    scope: ['profile'],
  });

  const listed = (query: GrantQuery, limit = 3, at = now) => pagesOf((page) => grants.list(query, page, at), limit);
  const idsOf = async (query: GrantQuery, limit?: number, at?: number) =>
    (await listed(query, limit, at))
      .flat()
      .map(({ id }) => id)
      .toSorted();

  describe('find', () => {
    const { refresh } = sampleGrant(now);
    const { previous: _, successor: __, rotatedAt: ___, ...unused } = refresh;
    it.each<[which: string, changes: Partial<Grant>]>([
      ['every field', {}],
      ['a code’s proof', { model: 'pkce', proof: { codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' } }],
      ['a refresh token that was never used', { refresh: unused }],
      ['a password’s login', { authentication: { sub: 'a user', amr: ['pwd'], authTime: 1_700_000_000 } }],
      ['an end', { revokedAt: now }],
      ['no scope', { scope: [] }],
      [
        'resources',
        {
          audience: {
            together: true,
            resources: [
              { identifier: 'https://api.example/$v.1', scope: ['read'] },
              { identifier: 'https://issuer.example', scope: [] },
            ],
          },
        },
      ],
      ['a session', { sessionId: newId() }],
      ['access tokens that were revoked', { revokedTokens: [{ jti: newId(), expiresAt: now + day }] }],
    ])('given a grant with %s, when it is found, then it is what was begun', async (_which, changes) => {
      const grant = await begun(changes);

      expect(await grants.find(grant.id)).toStrictEqual(grant);
    });

    it('given a grant without refresh tokens, when it is found, then it has none', async () => {
      const grant = await begunOnlineGrant(stores);

      expect(await grants.find(grant.id)).toStrictEqual(grant);
      expect(await grants.rotate(grant.id, { clientId: grant.clientId, current: '', scope: [] }, rotated(), now)).toBe(
        undefined,
      );
    });

    it('given ids that no grant has, when they are asked for or changed, then nothing is there and nothing comes to be', async () => {
      const before = await stores.get(StoreInspector).count('grants');
      const match = { clientId: 'demo-dapp', current: newSecret(), scope: [] };

      for (const id of hostileIds) {
        expect(await grants.find(id)).toBeUndefined();
        expect(await grants.rotate(id, match, rotated(), now)).toBeUndefined();
        expect(await grants.revoke(id, now)).toBe(false);
        await grants.backdate(id, now);
      }

      expect(await stores.get(StoreInspector).count('grants')).toBe(before);
    });

    it('given an operator in place of an id, when it is asked for, then nothing is found, rotated or ended', async () => {
      const grant = await begun();
      const operators = [{ $ne: '' }, { $gt: '' }, { $regex: '.*' }] as unknown as string[];

      for (const id of operators) {
        const answers = await Promise.allSettled([
          grants.find(id),
          grants.rotate(id, matchOf(grant), rotated(), now),
          grants.revoke(id, now),
          grants.backdate(id, 0),
        ]);
        const got = answers.flatMap((answer) => (answer.status === 'fulfilled' && answer.value ? [answer.value] : []));
        expect(got).toEqual([]);
      }

      expect(await grants.find(grant.id)).toStrictEqual(grant);
    });
  });

  describe('findSuccessor', () => {
    it('given a challenge and its grant, when it is asked what the challenge became, then it is the grant, for its own kind only', async () => {
      const nonce = newId();
      const grant = await begun({ id: grantIdFor('wallet_challenge', nonce) });

      expect(await grants.findSuccessor('wallet_challenge', nonce)).toStrictEqual(grant);
      expect(await grants.findSuccessor('wallet_login', nonce)).toBeUndefined();
      expect(await grants.findSuccessor('authorization_code', nonce)).toBeUndefined();
    });

    it('given challenges that never were, when it is asked what they became, then it says so soon', async () => {
      const started = Date.now();

      const found = await Promise.all(hostileIds.map((id) => grants.findSuccessor('authorization_code', id)));

      expect(found.filter((grant) => grant !== undefined)).toEqual([]);
      expect(Date.now() - started).toBeLessThan(4_000);
    });

    // Where deletion and grant are one transaction there is no such moment.
    if (name === 'mongodb') {
      it('given a grant that is written 50 ms after the question, when it is asked what the challenge became, then it is found', async () => {
        const nonce = newId();

        const asked = grants.findSuccessor('wallet_challenge', nonce);
        await delay(50);
        const grant = await begun({ id: grantIdFor('wallet_challenge', nonce) });

        expect(await asked).toStrictEqual(grant);
      });
    }
  });

  describe('rotate', () => {
    it('given all that it asks for, when it is rotated, then the new state is there and all else is as it was', async () => {
      const grant = await begun();
      const change = rotated();

      const after = await grants.rotate(grant.id, matchOf(grant), change, grant.refresh.expiresAt - 1);

      expect(after).toStrictEqual({ ...grant, refresh: { ...change, expiresAt: grant.refresh.expiresAt } });
      expect(await grants.find(grant.id)).toStrictEqual(after);
    });

    it.each([
      [[]],
      [['offline_access', 'openid', 'profile']],
      [['openid', 'openid']],
      [['openid', 'admin', 'profile']],
    ])('given a scope of which something was granted (%j), when it is rotated, then it is', async (scope) => {
      const grant = await begun();

      const after = await grants.rotate(grant.id, { ...matchOf(grant), scope }, rotated(), now);

      expect(after?.scope).toEqual(grant.scope);
    });

    const refresh = { ...sampleGrant(now).refresh, previous: newSecret() };

    it.each<[which: string, changes: Partial<RotationMatch>]>([
      ['another client', { clientId: 'demo-spa' }],
      ['no client', { clientId: '' }],
      ['another secret', { current: newSecret() }],
      ['the secret before the current one', { current: refresh.previous }],
      ['no secret', { current: '' }],
      ['a scope that was not granted', { scope: ['admin'] }],
      ['two such scopes', { scope: ['admin', '$openid'] }],
      ['an operator for a client', { clientId: { $ne: '' } as unknown as string }],
      ['an operator for a secret', { current: { $ne: '' } as unknown as string }],
      ['a pattern for a secret', { current: { $regex: '.*' } as unknown as string }],
      ['an operator for a scope', { scope: [{ $exists: true } as unknown as string] }],
    ])('given %s, when it is rotated, then it is not, and nothing is changed', async (_which, changes) => {
      const grant = await begun({ refresh });

      const attempt = grants.rotate(grant.id, { ...matchOf(grant), ...changes }, rotated(), now);

      expect(await attempt.catch(() => undefined)).toBeUndefined();
      expect(await grants.find(grant.id)).toStrictEqual(grant);
    });

    it('given the id of another grant, when it is rotated, then neither is', async () => {
      const [one, other] = [await begun(), await begun()];

      const attempt = await grants.rotate(other.id, matchOf(one), rotated(), now);

      expect(attempt).toBeUndefined();
      expect(await grants.find(one.id)).toStrictEqual(one);
      expect(await grants.find(other.id)).toStrictEqual(other);
    });

    it('given an end, or the end of its time, when it is rotated, then it is not, and nothing is changed', async () => {
      const [ended, living] = [await begun({ revokedAt: now }), await begun()];

      const attempts = [
        await grants.rotate(ended.id, matchOf(ended), rotated(), now),
        await grants.rotate(living.id, matchOf(living), rotated(), living.refresh.expiresAt),
        await grants.rotate(living.id, matchOf(living), rotated(), living.refresh.expiresAt + day),
      ];

      expect(attempts).toEqual([undefined, undefined, undefined]);
      expect(await grants.find(ended.id)).toStrictEqual(ended);
      expect(await grants.find(living.id)).toStrictEqual(living);
    });

    it('given a grant that is bound to a key, when it is rotated with that key, another and none, then with that key alone', async () => {
      const grant = await begun({ refresh: { ...refresh, jkt: 'the key' } });
      const others = [{}, { jkt: 'another' }, { jkt: '' }, { jkt: { $ne: '' } as unknown as string }];

      for (const other of others) {
        const attempt = grants.rotate(grant.id, { ...matchOf(grant), ...other }, rotated(), now);
        expect([other, await attempt.catch(() => undefined)]).toEqual([other, undefined]);
      }
      const after = await grants.rotate(grant.id, { ...matchOf(grant), jkt: 'the key' }, rotated(), now);

      expect(after?.refresh?.jkt).toBe('the key');
    });

    it('given a grant that is bound to none, when it is rotated with a key, then it is bound to it from then on', async () => {
      const grant = await begun();
      const change = rotated({ jkt: 'the key' });

      const bound = await grants.rotate(grant.id, { ...matchOf(grant), jkt: 'the key' }, change, now);
      const next = { clientId: grant.clientId, current: change.current, scope: [] };

      expect(bound?.refresh?.jkt).toBe('the key');
      expect(await grants.rotate(grant.id, next, rotated(), now)).toBeUndefined();
      expect(await grants.rotate(grant.id, { ...next, jkt: 'the key' }, rotated(), now)).toBeDefined();
    });

    it('given one secret, when 100 rotate with it at once, then one does', async () => {
      for (let round = 0; round < 5; round += 1) {
        const grant = await begun();

        const attempts = await Promise.all(
          Array.from({ length: 100 }, () => grants.rotate(grant.id, matchOf(grant), rotated(), now)),
        );

        const winners = attempts.filter((attempt) => attempt !== undefined);
        expect(winners).toHaveLength(1);
        expect(await grants.find(grant.id)).toStrictEqual(winners[0]);
      }
    });

    it('given rotations and an end at once, when the grant has been ended, then no rotation follows', async () => {
      for (let round = 0; round < 10; round += 1) {
        const grant = await begun();
        const attempt = () => grants.rotate(grant.id, matchOf(grant), rotated(), now);

        const before = Array.from({ length: 5 }, attempt);
        const ended = grants.revoke(grant.id, now);
        const between = Array.from({ length: 5 }, attempt);
        expect(await ended).toBe(true);
        const after = await attempt();
        const won = (await Promise.all([...before, ...between])).filter((each) => each !== undefined);

        expect(after).toBeUndefined();
        expect(won.length).toBeLessThanOrEqual(1);
        const { revokedAt, ...rest } = (await grants.find(grant.id)) ?? grant;
        expect(revokedAt).toBe(now);
        expect(rest.refresh).toStrictEqual(won[0]?.refresh ?? grant.refresh);
      }
    });
  });

  describe('list', () => {
    it('given grants of subjects, clients and sessions, when they are listed, then each query has its own, whole, page by page', async () => {
      const [sub, other, clientId, second, sessionId] = [newId(), newId(), newId(), newId(), newId()];
      const inSession = await begun({ ...of(sub), clientId, sessionId });
      const online = await begunOnlineGrant(stores, { ...of(sub), clientId, sessionId });
      const elsewhere = await begun({ ...of(sub), clientId: second });
      const strange = await begun({ ...of(other), clientId });
      const more = await Promise.all(
        Array.from({ length: 7 }, () => begun({ ...of(sub), clientId, sessionId: newId() })),
      );

      expect(await idsOf({ sub })).toEqual(sorted(inSession, online, elsewhere, ...more));
      expect(await idsOf({ clientId })).toEqual(sorted(inSession, online, strange, ...more));
      expect(await idsOf({ sub, clientId })).toEqual(sorted(inSession, online, ...more));
      expect(await idsOf({ sub, sessionId })).toEqual(sorted(inSession, online));
      expect(await idsOf({ sub, sessionId, refreshable: false })).toEqual(sorted(online));
      expect(await idsOf({ sub, clientId, refreshable: true }, 100)).toEqual(sorted(inSession, ...more));
      expect(await idsOf({ sub: newId() })).toEqual([]);
      expect((await listed({ sub })).map(({ length }) => length).slice(0, 3)).toEqual([3, 3, 3]);
      expect((await listed({ sub: other })).flat()).toStrictEqual([strange]);
      expect(await idsOf({}, 11)).toEqual(expect.arrayContaining(sorted(inSession, elsewhere, strange)));
    });

    it('given grants that have ended or expired, when they are listed, then they are not, and what was back-dated is', async () => {
      const sub = newId();
      const [ended, former, living, old] = [
        await begun(of(sub)),
        await begun({ ...of(sub), expiresAt: now }),
        await begun(of(sub)),
        await begun(of(sub)),
      ];
      await grants.revoke(ended.id, now);
      await grants.rotate(living.id, matchOf(living), rotated(), now);
      await grants.backdate(old.id, now - day);

      expect(await idsOf({ sub })).toEqual(sorted(living, old));
      expect(await idsOf({ sub, clientId: former.clientId })).toEqual(sorted(living, old));
      expect(await idsOf({ sub }, 3, now + 3 * day)).toEqual([]);
    });

    it('given names of any text, when grants are listed by them, then nobody has those of another', async () => {
      const names = [
        'a',
        'a b',
        'a b c',
        'b',
        'x'.repeat(400),
        'é',
        'https://client.example/metadata?a=b%20c',
        '~',
        '{"$ne":1}',
      ];
      for (const sub of names) for (const clientId of names) await begun({ ...of(sub), clientId });

      for (const sub of names) {
        const found = (await listed({ sub }, 100)).flat();
        expect(found.map(({ authentication }) => authentication.sub)).toEqual(names.map(() => sub));
        expect(found.map(({ clientId }) => clientId).toSorted()).toEqual(names.toSorted());
        expect(await idsOf({ sub, clientId: sub })).toHaveLength(1);
        expect((await listed({ clientId: sub }, 4)).flat().map(({ clientId }) => clientId)).toEqual(
          names.map(() => sub),
        );
      }
    });

    it('given sessions at a client, when they are asked for, then each is there once, in order, page by page', async () => {
      const clientId = newId();
      const ids = Array.from({ length: 5 }, newId).toSorted();
      for (const sessionId of [...ids, ...ids, ...ids]) await begun({ ...of(newId()), clientId, sessionId });
      await begun({ ...of(newId()), clientId });
      const over = await begun({ ...of(newId()), clientId, sessionId: newId() });
      await grants.revoke(over.id, now);

      const first = await grants.sessionIdsOf(clientId, 3);
      const rest = await grants.sessionIdsOf(clientId, 3, first.at(-1));

      expect([first, rest]).toEqual([ids.slice(0, 3), ids.slice(3)]);
      expect(await grants.sessionIdsOf(newId(), 3)).toEqual([]);
    });

    it('given a place that no page has given, when it is listed from there, then it is refused', async () => {
      for (const after of [
        '',
        'x',
        Buffer.from('["a"]').toString('base64url'),
        Buffer.from('[1,2]').toString('base64url'),
      ]) {
        await expect(grants.list({}, { limit: 1, after }, now)).rejects.toBeInstanceOf(PlaceUnknownError);
      }
    });

    it('given many, when all are ended at once by two, then each was ended once', async () => {
      const sub = newId();
      const all = await Promise.all(Array.from({ length: 20 }, () => begun(of(sub))));
      const ids = all.map(({ id }) => id);

      const ended = await Promise.all([grants.revokeAll(ids, now), grants.revokeAll([...ids, newId()], now)]);

      expect(ended.flat().toSorted()).toEqual(ids.toSorted());
      expect(await idsOf({ sub })).toEqual([]);
    });
  });

  describe('revokeToken', () => {
    it('given access tokens, when they are revoked, then the grant remembers each once, until it expires', async () => {
      const { id } = await begun();
      const [one, other] = [newId(), newId()];

      const answers = [
        await grants.revokeToken(id, { jti: one, expiresAt: now + 1_000 }, now),
        await grants.revokeToken(id, { jti: one, expiresAt: now + 1_000 }, now),
        await grants.revokeToken(id, { jti: other, expiresAt: now + 9_000 }, now + 500),
      ];
      const both = (await grants.find(id))?.revokedTokens;
      await grants.revokeToken(id, { jti: other, expiresAt: now + 9_000 }, now + 1_000);

      expect(answers).toEqual([true, true, true]);
      expect(both?.map(({ jti }) => jti)).toEqual([one, other]);
      expect((await grants.find(id))?.revokedTokens).toStrictEqual([{ jti: other, expiresAt: now + 9_000 }]);
    });

    it('given as many as a grant remembers, when one more is revoked at the same time as others, then it is told so', async () => {
      const { id } = await begun();
      const revoke = (jti: string) => grants.revokeToken(id, { jti, expiresAt: now + 1_000 }, now);
      const jtis = Array.from({ length: revokedTokensAtMost + 5 }, newId);

      const answers = await Promise.all(jtis.map(revoke));

      expect(answers.filter((answer) => answer)).toHaveLength(revokedTokensAtMost);
      const kept = (await grants.find(id))?.revokedTokens?.map(({ jti }) => jti);
      expect(kept?.toSorted()).toEqual(jtis.filter((_jti, index) => answers[index]).toSorted());
    });

    it('given a grant that has ended, or none, when a token is revoked, then it is told so', async () => {
      const { id } = await begun();
      await grants.revoke(id, now);
      const token = { jti: newId(), expiresAt: now + 1_000 };

      expect(await grants.revokeToken(id, token, now)).toBe(false);
      for (const hostile of hostileIds) expect(await grants.revokeToken(hostile, token, now)).toBe(false);
    });
  });

  describe('revoke', () => {
    it('given a grant, when it is ended again and again, then it was ended once, at the first time', async () => {
      const [grant, other] = [await begun(), await begun()];

      const answers = [
        await grants.revoke(grant.id, now + 1),
        await grants.revoke(grant.id, now + 2),
        await grants.revoke(grant.id, now),
      ];

      expect(answers).toEqual([true, false, false]);
      expect(await grants.find(grant.id)).toStrictEqual({ ...grant, revokedAt: now + 1 });
      expect(await grants.find(other.id)).toStrictEqual(other);
    });

    it('given a grant, when 50 end it at once, then one did', async () => {
      const grant = await begun();

      const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => grants.revoke(grant.id, now + index)));

      expect(answers.filter((answer) => answer)).toHaveLength(1);
      expect((await grants.find(grant.id))?.revokedAt).toBe(now + answers.indexOf(true));
    });
  });

  it('given a grant, when it is back-dated, then it began then and all else is as it was', async () => {
    const grant = await begun({ revokedAt: now });

    await grants.backdate(grant.id, now - 3_000);

    expect(await grants.find(grant.id)).toStrictEqual({ ...grant, createdAt: now - 3_000 });
  });

  it('given a changed grant, when the store is opened again, then it is as it was left', async () => {
    const grant = await begun();
    const after = await grants.rotate(grant.id, matchOf(grant), rotated(), now);
    await grants.revoke(grant.id, now);

    await stores.reopen();

    expect(await grants.find(grant.id)).toStrictEqual({ ...after, revokedAt: now });
  });

  describe('with four processes', () => {
    const processes = fixture(() => contenders(stores, 4));

    it('given one secret, when 8 callers in each rotate with it at once, then one of the 32 does', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { id, refresh } = await begun();

        const winners = await processes.run({ name: 'rotate', id, current: refresh.current, callers: 8 });

        expect(winners).toHaveLength(1);
        expect(await grants.find(id)).toStrictEqual(winners[0]);
      }
    });
  });
});
