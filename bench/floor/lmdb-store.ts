import { statSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { Challenge, FloorStore, Grant, Session } from './records';

type ExpiryKey = [expiresAt: number, table: string, key: string];

const sweepIntervalMs = 30_000;
const keptExpiredMs = 30_000;
const sweepBatch = 1_000;

/** Durable commits, an expiry index and its sweep, and an eye on the data file, which somebody may remove. */
export function lmdbStore(directory: string): FloorStore {
  const path = join(directory, 'floor');
  const root = open({ path, maxDbs: 8, overlappingSync: false, eventTurnBatching: false });
  const sessions = root.openDB<Session, string>({ name: 'sessions' });
  const challenges = root.openDB<Challenge, string>({ name: 'challenges' });
  const grants = root.openDB<Grant, string>({ name: 'grants' });
  const expiry = root.openDB<boolean, ExpiryKey>({ name: 'expiry' });

  const dataFile = join(path, 'data.mdb');
  const { ino } = statSync(dataFile);
  setInterval(() => {
    if (statSync(dataFile, { throwIfNoEntry: false })?.ino !== ino) throw new Error('the data file was removed');
  }, 1_000).unref();
  setInterval(() => {
    const end: ExpiryKey = [Date.now() - keptExpiredMs, '', ''];
    const expired = [...expiry.getKeys({ end, limit: sweepBatch })];
    void root.transaction(() => {
      for (const key of expired) {
        expiry.removeSync(key);
        (key[1] === 'grants' ? grants : challenges).removeSync(key[2]);
      }
    });
  }, sweepIntervalMs).unref();

  const fresh = <Value>(read: () => Value): Value => {
    root.resetReadTxn();
    return read();
  };
  return {
    session: async (id) => fresh(() => sessions.get(id)),
    async saveSession(id, session) {
      await sessions.put(id, session);
    },
    async save(challenge) {
      const saved = await root.transaction(() => {
        if (challenges.doesExist(challenge.id)) return false;
        challenges.putSync(challenge.id, challenge);
        expiry.putSync([challenge.expiresAt, 'challenges', challenge.id], true);
        return true;
      });
      if (!saved) throw new Error('the id is taken');
    },
    async find(kind, id) {
      const challenge = fresh(() => challenges.get(id));
      return isOf(challenge, kind) ? challenge : undefined;
    },
    async redeem(kind, id, match, now, grantOf) {
      const challenge = fresh(() => challenges.get(id));
      if (!isOf(challenge, kind) || challenge.expiresAt <= now) return undefined;
      if (!Object.entries(match).every(([field, value]) => challenge[field as keyof typeof challenge] === value)) {
        return undefined;
      }
      const grant = grantOf(challenge);
      // A record never changes under its id, so what was matched is what is removed; of many, one finds it there.
      const won = await root.transaction(() => {
        if (!challenges.removeSync(id)) return false;
        grants.putSync(grant.id, grant);
        expiry.putSync([grant.expiresAt, 'grants', grant.id], true);
        return true;
      });
      return won ? grant : undefined;
    },
  };
}

function isOf<Kind extends Challenge['kind']>(
  challenge: Challenge | undefined,
  kind: Kind,
): challenge is Extract<Challenge, { kind: Kind }> {
  return challenge?.kind === kind;
}
