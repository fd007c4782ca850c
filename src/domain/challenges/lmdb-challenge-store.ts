import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import {
  absentOrEqual,
  type Challenge,
  type ChallengeKind,
  type ChallengeMatch,
  type ChallengeOf,
  challengeRecords,
  usedOnceKinds,
} from './challenge';
import {
  type Beginnings,
  type NotBefore,
  notBefore,
  notBeforeRecords,
  type ChallengeOwner,
  endName,
  endNamesOf,
  endedSince,
  ownerIn,
} from './not-before';
import { type Beginning, ChallengeIdTakenError, ChallengeStore, type Redeemed } from './challenge-store';
import { endedAtOnce, type Grant, liveGrantsAtMost, rememberedUntil } from './grant';
import { LmdbGrantBounds } from './lmdb-grant-bounds';
import { grantTable, limitPrefix } from './lmdb-grants';
import { type SessionRecord, sessionRecords } from './session';

const walkedAtOnce = 500;
const usedOnce: ReadonlySet<ChallengeKind> = new Set(usedOnceKinds);

/** Stores challenges in LMDB; one write transaction of its single writer is the atomic step. */
export class LmdbChallengeStore extends ChallengeStore {
  readonly atomicStep = 'one LMDB write transaction';
  private readonly challenges: LmdbTable<Challenge>;
  private readonly grants: LmdbTable<Grant>;
  private readonly sessions: LmdbTable<SessionRecord>;
  private readonly ends: LmdbTable<NotBefore>;
  private readonly bounds: LmdbGrantBounds;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.challenges = database.table(challengeRecords);
    this.grants = database.table(grantTable);
    this.sessions = database.table(sessionRecords);
    this.ends = database.table(notBeforeRecords);
    this.bounds = new LmdbGrantBounds(database);
  }

  async save(...challenges: readonly Challenge[]): Promise<void> {
    await this.database.write(() => {
      if (challenges.some(({ id }) => this.challenges.has(id))) throw new ChallengeIdTakenError();
      for (const challenge of challenges) this.challenges.put(challenge.id, challenge);
    });
  }

  async find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined> {
    const challenge = this.challenges.getFresh(id);
    return isOfKind(challenge, kind) ? challenge : undefined;
  }

  async findSuccessor<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined> {
    return this.find(kind, id);
  }

  async redeem<Kind extends ChallengeKind, Begun extends Beginning>(
    kind: Kind,
    id: string,
    match: ChallengeMatch<Kind>,
    now: number,
    begin: (challenge: ChallengeOf<Kind>) => Begun,
  ): Promise<Redeemed<Kind, Begun> | undefined> {
    // A write transaction waits for the disk. Only a matching candidate gets one, or guesses would cost as much as logins.
    const challenge = this.challenges.getFresh(id);
    if (!isRedeemable(challenge, kind, match, now)) return undefined;
    return this.database.write(() => {
      // A challenge never changes under its id: what was read is what is deleted, and one caller finds it there.
      if (!this.challenges.has(id)) return undefined;
      const begun = begin(challenge);
      const { grant, session, successor } = begun;
      if (grant !== undefined && this.grants.has(grant.id)) return undefined;
      if (session !== undefined && this.sessions.has(session.id)) return undefined;
      if (grant !== undefined && this.mayNotBegin(grant, challenge)) {
        this.challenges.remove(id, challenge.expiresAt);
        return undefined;
      }
      // The grant or session first: if the second write fails, it stays, and a challenge that has one cannot be redeemed.
      const endedIds = grant === undefined ? [] : this.store(grant, now);
      if (session !== undefined) this.sessions.put(session.id, session);
      if (successor !== undefined) this.challenges.put(successor.id, successor);
      this.challenges.remove(id, challenge.expiresAt);
      return { ...begun, challenge, endedIds };
    });
  }

  async begin(grant: Grant, now: number): Promise<readonly string[] | undefined> {
    return this.database.write(() => {
      if (this.grants.has(grant.id) || this.mayNotBegin(grant, grant)) return undefined;
      return this.store(grant, now);
    });
  }

  async end(owner: ChallengeOwner, at: number): Promise<void> {
    const end = notBefore(owner, at);
    await this.database.write(() => {
      const before = this.ends.get(end.name);
      if (before === undefined || before.at < at) this.ends.put(end.name, end);
    });
  }

  async hasEnded(owner: ChallengeOwner, createdAt: number): Promise<boolean> {
    return endNamesOf(owner).some((name) => endsAfter(this.ends.getFresh(name), createdAt));
  }

  async reopen(clientId: string): Promise<void> {
    const name = endName({ clientId });
    await this.database.write(() => this.ends.remove(name));
  }

  async removeAll(clientId: string): Promise<void> {
    for (let last: string | undefined; ;) {
      const batch = this.challenges.entriesFresh(walkedAtOnce, last);
      const meant = batch.filter(({ value }) => value.clientId === clientId && !usedOnce.has(value.kind));
      if (meant.length > 0) await this.database.write(() => meant.forEach(({ key }) => this.challenges.remove(key)));
      last = batch.at(-1)?.key;
      if (last === undefined) return;
      // Yields to other requests between two batches.
      await nextTurn();
    }
  }

  /** Inside a write transaction: whether the session, the client's access or the owner of the challenge has ended. */
  private mayNotBegin(grant: Grant, beginnings: Beginnings): boolean {
    const { sessionId, clientId } = grant;
    const session = sessionId === undefined ? undefined : this.sessions.get(sessionId);
    if (session !== undefined && endedSince(session, clientId, beginnings)) return true;
    return endNamesOf(ownerIn(grant)).some((name) => endsAfter(this.ends.get(name), beginnings.createdAt));
  }

  /** Stores the new grant and revokes the oldest ones over the limit. */
  private store(grant: Grant, now: number): string[] {
    this.grants.replace(grant.id, undefined, grant);
    const endedIds = this.surplusBeside(grant);
    if (endedIds.length === 0) return endedIds;
    const forgottenAt = rememberedUntil(grant, now);
    for (const id of endedIds) {
      const old = this.grants.get(id);
      if (old === undefined) continue;
      this.grants.replace(id, old, { ...old, revokedAt: now, expiresAt: Math.min(old.expiresAt, forgottenAt) });
    }
    return endedIds;
  }

  /** The oldest grants of this one's subject and client that exceed the limit, in the order of their creation. */
  private surplusBeside(grant: Grant): string[] {
    const prefix = limitPrefix(grant);
    if (!this.bounds.mayExceedLimit(prefix, () => this.grants.countIndexed(prefix))) return [];
    // Nearly always just the one that the new grant exceeds the limit by.
    const [first, ...others] = this.grants.indexedBackwards(prefix, liveGrantsAtMost, 2);
    if (first === undefined) {
      this.bounds.forget(prefix);
      return [];
    }
    if (others.length === 0 && first.key !== grant.id) return [first.key];
    const surplus = this.grants.countIndexed(prefix) - liveGrantsAtMost;
    // One more than that: after a clock was set back, the new grant may sort as the oldest.
    const oldest = this.grants.indexed(prefix, Math.min(surplus, endedAtOnce) + 1).map(({ key }) => key);
    return oldest.filter((key) => key !== grant.id).slice(0, surplus);
  }
}

function endsAfter(end: NotBefore | undefined, createdAt: number): boolean {
  return end !== undefined && end.at >= createdAt;
}

function isOfKind<Kind extends ChallengeKind>(
  challenge: Challenge | undefined,
  kind: Kind,
): challenge is ChallengeOf<Kind> {
  return challenge?.kind === kind;
}

function isRedeemable<Kind extends ChallengeKind>(
  challenge: Challenge | undefined,
  kind: Kind,
  match: object,
  now: number,
): challenge is ChallengeOf<Kind> {
  if (!isOfKind(challenge, kind) || challenge.expiresAt <= now) return false;
  const fields: object = challenge;
  return Object.entries(match).every(([field, value]) => {
    if (!Object.hasOwn(fields, field)) return field === absentOrEqual;
    return Reflect.get(fields, field) === value;
  });
}
