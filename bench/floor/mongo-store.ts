import { mongo } from 'mongoose';
import type { Challenge, FloorStore, Grant, Session } from './records';

type Stored<Record> = Omit<Record, 'id' | 'expiresAt'> & { _id: string; expiresAt: Date };

const options = { writeConcern: { w: 'majority' }, socketTimeoutMS: 5_000 } as const;

/** Majority writes and TTL indexes; a redemption is one findOneAndDelete with the whole predicate, then the grant. */
export async function mongoStore(uri: string): Promise<FloorStore> {
  const database = (await new mongo.MongoClient(uri, options).connect()).db();
  const sessions = database.collection<Stored<Session>>('floor_sessions');
  const challenges = database.collection<Stored<Challenge>>('floor_challenges');
  const grants = database.collection<Stored<Grant>>('floor_grants');
  for (const { collectionName } of [sessions, challenges, grants]) {
    await database.collection(collectionName).createIndex({ expiresAt: 1 }, { expireAfterSeconds: 30 });
  }
  return {
    async session(id) {
      const found = await sessions.findOne({ _id: id });
      return found === null ? undefined : fromStored(found);
    },
    async saveSession(id, session) {
      await sessions.insertOne(toStored(id, session));
    },
    async save(challenge) {
      await challenges.insertOne(toStored(challenge.id, challenge) as Stored<Challenge>);
    },
    async find(kind, id) {
      const found = await challenges.findOne({ _id: id, kind });
      return found === null ? undefined : fromStored(found);
    },
    async redeem(kind, id, match, now, grantOf) {
      const bound = Object.fromEntries(Object.entries(match).map(([field, value]) => [field, { $eq: value }]));
      const found = await challenges.findOneAndDelete({ _id: id, kind, expiresAt: { $gt: new Date(now) }, ...bound });
      if (found === null) return undefined;
      const grant = grantOf(fromStored(found));
      await grants.insertOne(toStored(grant.id, grant));
      return grant;
    },
  };
}

function toStored<Record extends { expiresAt: number }>(_id: string, record: Record): Stored<Record> {
  const { id: _sameAsKey, expiresAt, ...fields } = record as Record & { id?: string };
  return { ...fields, _id, expiresAt: new Date(expiresAt) };
}

/** The collection holds only what {@link toStored} wrote into it. */
function fromStored<Result>({ _id, expiresAt, ...fields }: { _id: string; expiresAt: Date }): Result {
  return { ...fields, id: _id, expiresAt: expiresAt.getTime() } as Result;
}
