import { MongoCollection, mongoModel } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { type Grant, grantRecords, limitedKindOf } from './grant';

/** A revoked grant is found by its id alone, a live one also by subject, client and time, or by client and session. */
export const grantModel = mongoModel(grantRecords, [
  [{ 'authentication.sub': 1, live: 1, clientId: 1, createdAt: 1 }],
  [{ clientId: 1, sessionId: 1, _id: 1 }],
]);

/** `live`: the group in which the limit counts a live grant. */
export function mongoGrants({ connection }: MongoDatabase): MongoCollection<Grant> {
  return new MongoCollection(connection, grantRecords, liveIn);
}

function liveIn(grant: Grant): object {
  return grant.revokedAt === undefined ? { live: limitedKindOf(grant) } : {};
}

/** The update that revokes a grant and removes it from the live ones. */
export function endedAt(now: number) {
  return { $set: { revokedAt: new Date(now) }, $unset: { live: '' } } as const;
}
