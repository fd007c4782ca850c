import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { AdminClients } from '../../src/operations/admin/clients';
import { ApiStore } from '../../src/domain/apis/api-store';
import type { AuthorizationCode, Challenge } from '../../src/domain/challenges/challenge';
import { accessEndOf } from '../../src/domain/challenges/not-before';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import type { Grant } from '../../src/domain/challenges/grant';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { ClientStore } from '../../src/domain/clients/client-store';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { ConsentStore } from '../../src/protocols/login/consent-store';
import { Revocation } from '../../src/protocols/login/revocation';
import type { Session } from '../../src/domain/challenges/session';
import { SessionStore } from '../../src/protocols/login/session-store';
import { logoutNotices } from '../support/service/logout-notices';
import { KeyRing } from '../../src/domain/tokens/key-ring';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { pagesOf } from '../support/stores/pages';
import { RecordedEvents } from '../support/service/recorded-events';
import { sampleChallenges } from '../support/stores/sample-challenges';
import { begunGrant, begunOnlineGrant, sampleGrant } from '../support/stores/sample-grants';
import { redeemed } from '../support/stores/redeemed';
import { contentsOf } from '../support/stores/store-contents';
import { bothStores } from '../support/stores/stores';

const authenticated = (sub: string) => ({ sub, amr: ['pwd'], authTime: 1_700_000_000 });

/** As a request that has read the session issues it. */
function codeIn(session: Session, changes: { clientId: string; createdAt: number }): AuthorizationCode {
  const { accessEnd: _accessEnd, ...code } = sampleChallenges(changes.createdAt).authorization_code;
  const accessEnd = accessEndOf(session, changes.clientId);
  return { ...code, sessionId: session.id, ...changes, ...(accessEnd !== undefined && { accessEnd }) };
}

describe.each(bothStores)('revocation on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name));
  const challenges = portOf(stores, ChallengeStore);
  const sessions = portOf(stores, SessionStore);
  const grants = portOf(stores, GrantStore);
  const consents = portOf(stores, ConsentStore);
  const revocation = fixture(
    () => new Revocation(stores.clock, challenges, sessions, grants, consents, logoutNotices(stores)),
  );
  const events = fixtureOfEach(() => new RecordedEvents());

  async function begunSession(sub: string, changes: Partial<Session> = {}): Promise<Session> {
    const now = stores.clock.now();
    const lifetime = { createdAt: now, expiresAt: now + 3_600_000 };
    const secretHash = newSecret();
    const session = { id: newId(), secretHash, authentication: authenticated(sub), ...lifetime, ...changes };
    await sessions.begin(session);
    return session;
  }
  const begun = (sub: string, changes: Partial<Grant> = {}) =>
    begunGrant(stores, { authentication: authenticated(sub), ...changes });
  const begunOnline = (sub: string, changes: Partial<Grant> = {}) =>
    begunOnlineGrant(stores, { authentication: authenticated(sub), ...changes });
  const asRead = async ({ id }: Session) => (await sessions.find(id, stores.clock.now())) as Session;
  const isAlive = async ({ id }: { id: string }) => (await grants.find(id))?.revokedAt === undefined;
  const lives = async ({ id }: Session) => (await sessions.find(id, stores.clock.now())) !== undefined;
  /** Whether it was redeemed, for this grant, when that is created. */
  const begins = async ({ kind, id }: Challenge, grant: Grant) =>
    (await challenges.redeem(kind, id, {}, grant.createdAt, () => ({ grant }))) !== undefined;

  it('given a session with grants at two clients, when it ends, then those with a refresh token outlive it, and all is said once', async () => {
    const [sub, clientId] = [newId(), newId()];
    const [session, other] = [await begunSession(sub), await begunSession(sub)];
    const online = await begunOnline(sub, { clientId, sessionId: session.id });
    const offline = await begun(sub, { sessionId: session.id });
    const elsewhere = await begunOnline(sub, { sessionId: other.id });

    await revocation.endSession(session, { reason: 'logout', events });
    await revocation.endSession(session, { reason: 'logout', events });

    expect([await lives(session), await lives(other)]).toEqual([false, true]);
    expect([await isAlive(online), await isAlive(offline), await isAlive(elsewhere)]).toEqual([false, true, true]);
    expect(events.all).toEqual([
      { type: 'grant_revoked', reason: 'logout', clientId, sub, grantId: online.id },
      { type: 'session_ended', reason: 'logout', sub, sid: session.id, clientIds: expect.any(Array) },
    ]);
    const told = events.all.flatMap((event) => (event.type === 'session_ended' ? event.clientIds : []));
    expect(told.toSorted()).toEqual([clientId, offline.clientId].toSorted());
  });

  it('given 130 sessions and grants of a subject, when everything of it ends, then nothing of it is left, and all of others', async () => {
    const [sub, stranger] = [newId(), newId()];
    const own = await Promise.all(Array.from({ length: 130 }, () => begunSession(sub)));
    const ownGrants = await Promise.all(
      own.map(({ id }, index) => begun(sub, { sessionId: id, clientId: `client ${index % 5}` })),
    );
    const [strange, strangeGrant] = [await begunSession(stranger), await begun(stranger)];

    await revocation.endSubject(sub, { reason: 'administrator', events });

    expect((await Promise.all(own.map(lives))).some((alive) => alive)).toBe(false);
    expect((await Promise.all(ownGrants.map(isAlive))).some((alive) => alive)).toBe(false);
    expect([await lives(strange), await isAlive(strangeGrant)]).toEqual([true, true]);
    expect(events.types.filter((type) => type === 'session_ended')).toHaveLength(130);
    expect(events.types.filter((type) => type === 'grant_revoked')).toHaveLength(130);
  });

  it('given a client, when everything at it ends, then its grants do, and no session and no other client’s grant', async () => {
    const [sub, clientId] = [newId(), newId()];
    const session = await begunSession(sub);
    const [own, other] = [
      await begun(sub, { clientId, sessionId: session.id }),
      await begun(sub, { sessionId: session.id }),
    ];

    await revocation.endClient(clientId, { reason: 'administrator', events });

    expect([await isAlive(own), await isAlive(other), await lives(session)]).toEqual([false, true, true]);
  });

  it('given a grant that was begun after its client had ended, when a client with its id is added, then it has none of it', async () => {
    const [sub, clientId] = [newId(), newId()];
    await consents.allow({ sub, clientId, scope: ['openid'], resources: [], createdAt: stores.clock.now() });
    const late = await begun(sub, { clientId });
    const [clients, apis] = [stores.get(ClientStore), stores.get(ApiStore)];
    const keys = new KeyRing(stores.config, stores.clock, stores.get(SigningKeyStore));
    const administration = new AdminClients(clients, apis, challenges, revocation, stores.clock, keys);

    await administration.add({ client_id: clientId, redirect_uris: ['https://app.example/cb'] }, events);
    const own = await begun(sub, { clientId });

    expect([await isAlive(late), await isAlive(own)]).toEqual([false, true]);
    expect(await consents.find(sub, clientId, stores.clock.now())).toBeUndefined();
  });

  it('given sessions, when those with a grant at a client are listed and ended, then they are those', async () => {
    const [sub, clientId] = [newId(), newId()];
    const own = await Promise.all(Array.from({ length: 5 }, () => begunSession(sub)));
    const stranger = await begunSession(newId());
    const without = await begunSession(sub);
    for (const { id, authentication } of [...own, stranger]) {
      await begun(authentication.sub, { clientId, sessionId: id });
      await begun(authentication.sub, { clientId, sessionId: id });
    }

    const pages = await pagesOf((page) => revocation.listSessions({ clientId }, page), 4);
    const count = await revocation.endSessions({ sub, clientId }, { reason: 'administrator', events });

    const listed = pages.flat().map(({ id }) => id);
    expect(pages).toHaveLength(2);
    expect(listed).toEqual([...own, stranger].map(({ id }) => id).toSorted());
    expect(count).toBe(5);
    expect([await lives(stranger), await lives(without)]).toEqual([true, true]);
    expect((await Promise.all(own.map(lives))).some((alive) => alive)).toBe(false);
  });

  it('given an app with access, when it is taken, then its grants and its consent are gone, and another subject’s are there', async () => {
    const [sub, other, clientId] = [newId(), newId(), newId()];
    for (const each of [sub, other])
      await consents.allow({ sub: each, clientId, scope: [], resources: [], createdAt: stores.clock.now() });
    const [own, strange] = [await begun(sub, { clientId }), await begun(other, { clientId })];

    await revocation.endAccess(sub, clientId, { reason: 'account', events });

    expect([await isAlive(own), await isAlive(strange)]).toEqual([false, true]);
    expect([
      await consents.find(sub, clientId, stores.clock.now()),
      (await consents.find(other, clientId, stores.clock.now()))?.sub,
    ]).toEqual([undefined, other]);
  });

  it('given codes in flight, when their session ends, then no redemption of them begins a grant, nor a second one', async () => {
    const now = stores.clock.now();
    const session = await begunSession(newId());
    const code = { ...sampleChallenges(now).authorization_code, sessionId: session.id };
    await challenges.save(code);

    await revocation.endSession(session, { reason: 'logout', events });
    const grant = sampleGrant(now, { sessionId: session.id });

    expect(await begins(code, grant)).toBe(false);
    expect(await grants.find(grant.id)).toBeUndefined();
    expect(await challenges.find('authorization_code', code.id)).toBeUndefined();
    expect(await redeemed(challenges, 'authorization_code', code.id, {}, now)).toBeUndefined();
  });

  it('given codes in flight of two clients, when one’s access is taken, then its codes are gone, and neither later ones nor the other’s', async () => {
    const [sub, clientId, now] = [newId(), newId(), stores.clock.now()];
    const session = await begunSession(sub);
    const issued = async (changes: { clientId: string; createdAt: number }) => {
      const code = codeIn(await asRead(session), changes);
      await challenges.save(code);
      return code;
    };
    const isRedeemed = (code: AuthorizationCode) => {
      const granted = { authentication: authenticated(sub), clientId: code.clientId, sessionId: session.id };
      return begins(code, sampleGrant(now, granted));
    };
    await begun(sub, { clientId });
    const [own, other] = [
      await issued({ clientId, createdAt: now - 10 }),
      await issued({ clientId: newId(), createdAt: now - 10 }),
    ];

    await revocation.endAccess(sub, clientId, { reason: 'account', events });
    stores.clock.advance(1);
    await begun(sub, { clientId });
    await revocation.endAccess(sub, clientId, { reason: 'account', events });
    const later = await issued({ clientId, createdAt: stores.clock.now() + 1_000 });

    expect([await isRedeemed(own), await isRedeemed(other), await isRedeemed(later)]).toEqual([false, true, true]);
    expect(await lives(session)).toBe(true);
    const accessEnds = [expect.objectContaining({ clientId }), expect.objectContaining({ clientId })];
    expect(await sessions.findKnown(session.id)).toStrictEqual({ ...session, accessEnds });
  });

  it.each([
    ['as that of who ends it', 0],
    ['a minute ahead', 60_000],
    ['a minute behind', -60_000],
  ])(
    'given a request that has read session and consent, when the access ends before its code is saved, by a clock %s, then it begins no grant',
    async (_, apart) => {
      const [sub, clientId, now] = [newId(), newId(), stores.clock.now()];
      const session = await begunSession(sub);
      await consents.allow({ sub, clientId, scope: ['openid'], resources: [], createdAt: now });
      const read = await asRead(session);
      const consent = await consents.find(sub, clientId, now);

      await revocation.endAccess(sub, clientId, { reason: 'account', events });
      const code = codeIn(read, { clientId, createdAt: stores.clock.now() + 1 + apart });
      await challenges.save(code);
      const grant = sampleGrant(now, { authentication: authenticated(sub), clientId, sessionId: session.id });

      expect(consent).toBeDefined();
      expect(await begins(code, grant)).toBe(false);
      expect(await grants.find(grant.id)).toBeUndefined();
      expect(await challenges.find('authorization_code', code.id)).toBeUndefined();
    },
  );

  it('given more ends of access than a session remembers, when they are counted, then it has the latest, and so has each of its subject’s', async () => {
    const sub = newId();
    const [one, other, stranger] = [await begunSession(sub), await begunSession(sub), await begunSession(newId())];
    const ends = Array.from({ length: 52 }, (_, place) => ({ clientId: `client ${place % 3}`, id: newId() }));

    for (const end of ends) await sessions.endAccess(sub, end);

    for (const { id } of [one, other]) {
      expect((await sessions.find(id, stores.clock.now()))?.accessEnds).toEqual(ends.slice(-50));
    }
    expect((await asRead(stranger)).accessEnds).toBeUndefined();
  });

  it('given challenges of wallets in flight, when a client’s access or all of a subject ends, then theirs become nothing, and others’ do', async () => {
    const now = stores.clock.now();
    const [sub, left, stranger, clientId] = [newId(), newId(), newId(), newId()];
    const holders = [
      { sub, clientId },
      { sub, clientId: newId() },
      { sub: left, clientId },
      { sub: left, clientId: newId() },
      { sub: stranger, clientId },
    ];
    for (const holder of holders.slice(0, 4)) await begun(holder.sub, { clientId: holder.clientId });
    const pending = holders.map((holder) => ({ holder, challenge: { ...sampleChallenges(now).wallet_challenge } }));
    for (const { challenge } of pending) await challenges.save(challenge);

    await revocation.endAccess(sub, clientId, { reason: 'account', events });
    await revocation.endAccount(left, { reason: 'account', events });
    const outcomes = await Promise.all(
      pending.map(async ({ holder, challenge }) => {
        const grant = sampleGrant(now, { authentication: authenticated(holder.sub), clientId: holder.clientId });
        return [await begins(challenge, grant), (await grants.find(grant.id)) !== undefined];
      }),
    );

    expect(outcomes).toEqual([false, true, false, false, true].map((is) => [is, is]));
    expect(await challenges.hasEnded({ sub: left }, now)).toBe(true);
    expect(await challenges.hasEnded({ sub: left }, stores.clock.now() + 1)).toBe(false);
    expect(await challenges.hasEnded({ sub }, now)).toBe(false);
  });

  it('given redemptions of wallets and the end of their client’s access at once, when both are done, then no grant lives', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [sub, clientId] = [newId(), newId()];
      await begun(sub, { clientId });
      stores.clock.advance(1);
      const now = stores.clock.now();
      const pending = Array.from({ length: 10 }, () => ({ ...sampleChallenges(now).wallet_challenge }));
      for (const challenge of pending) await challenges.save(challenge);

      const ending = revocation.endAccess(sub, clientId, { reason: 'account', events });
      await Promise.all(
        pending.map(async (challenge, place) => {
          // Before, while and after the access is ended, which takes MongoDB a third of a second.
          await delay(place * (name === 'mongodb' ? 60 : 1));
          await begins(challenge, sampleGrant(now, { authentication: authenticated(sub), clientId }));
        }),
      );
      await ending;

      expect((await revocation.listGrants({ sub }, { limit: 100 })).items).toEqual([]);
    }
  });

  it('given what is no client with access, when its access is taken, then nothing of it is kept', async () => {
    const sub = newId();
    const session = await begunSession(sub);
    const before = await contentsOf(name, stores);

    await revocation.endAccess(sub, 'x'.repeat(10_000), { reason: 'account', events });

    expect(await contentsOf(name, stores)).toBe(before);
    expect(await lives(session)).toBe(true);
  });

  it('given a session that took the place of another, when it ends, then what the other gave ends with it, but for offline_access', async () => {
    const sub = newId();
    const former = await begunSession(sub);
    const online = await begunOnline(sub, { sessionId: former.id });
    const offline = await begun(sub, { sessionId: former.id });
    const session = await begunSession(sub, { replaced: [former.id] });

    await revocation.endSession(session, { reason: 'replay', events }, true);

    expect([await isAlive(online), await isAlive(offline)]).toEqual([false, true]);
    expect(await sessions.findKnown(session.id)).toStrictEqual(session);
  });

  it('given redemptions and the end of their session at once, when both are done, then no grant without a refresh token lives', async () => {
    const now = stores.clock.now();
    for (let round = 0; round < 10; round += 1) {
      const sub = newId();
      const session = await begunSession(sub);
      const sessionId = session.id;
      const codes = Array.from({ length: 10 }, () => ({ ...sampleChallenges(now).authorization_code, sessionId }));
      for (const code of codes) await challenges.save(code);
      const redeem = (code: AuthorizationCode) => {
        const { refresh: _refresh, ...grant } = sampleGrant(now, { authentication: authenticated(sub), sessionId });
        return begins(code, grant);
      };

      await Promise.all([
        ...codes.slice(0, 5).map(redeem),
        revocation.endSession(session, { reason: 'logout', events }),
        ...codes.slice(5).map(redeem),
      ]);

      expect((await revocation.listGrants({ sub }, { limit: 100 })).items).toEqual([]);
    }
  });

  it('given a session near its end, when it is ended, then its end is remembered for longer than its codes can live', async () => {
    const session = await begunSession(newId());
    stores.clock.advance(3_599_000);
    const now = stores.clock.now();
    const code = { ...sampleChallenges(now).authorization_code, sessionId: session.id, expiresAt: now + 600_000 };
    await challenges.save(code);

    await revocation.endSession(session, { reason: 'logout', events });
    stores.clock.advance(599_000);
    const grant = sampleGrant(stores.clock.now(), { sessionId: session.id });

    expect(await begins(code, grant)).toBe(false);
    expect((await sessions.findKnown(session.id))?.expiresAt).toBeGreaterThan(now + 600_000);
  });
});
