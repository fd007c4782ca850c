import { MongoCollection, mongoModel } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { type Grant, grantRecords, limitedKindOf } from './grant';

/** What has ended is found by its id alone; the rest by its subject, client and time, or by its client and session. */
export const grantModel = mongoModel(grantRecords, [
  [{ 'authentication.sub': 1, live: 1, clientId: 1, createdAt: 1 }],
  [{ clientId: 1, sessionId: 1, _id: 1 }],
]);

/** `live`: with which others of its subject and client the limit counts a grant, as long as it has not ended. */
export function mongoGrants({ connection }: MongoDatabase): MongoCollection<Grant> {
  return new MongoCollection(connection, grantRecords, liveIn);
}

function liveIn(grant: Grant): object {
  return grant.revokedAt === undefined ? { live: limitedKindOf(grant) } : {};
}

/** What ends a grant; it is not found among the live ones from then on. */
export function endedAt(now: number) {
  return { $set: { revokedAt: new Date(now) }, $unset: { live: '' } } as const;
}
