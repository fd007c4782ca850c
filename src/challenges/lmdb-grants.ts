import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type FormerId, isFormerId } from './former-records';
import { clientName, type Grant, holderOf } from './grant';

/** The table of grants, with its index; whoever writes grants must have it from here. */
export function grantTable(database: LmdbDatabase): LmdbTable<Grant | FormerId> {
  return database.table('grants', namesOf);
}

/** Begins the names of the grants that have not ended, in the order of subject, client, kind and time. */
export const holders = 's ';
/** Begins the same ones' names, in the order of client and session. */
export const clients = 'c ';

/** An ended grant is found by its id alone. */
function namesOf(grant: Grant | FormerId): string[] {
  if (isFormerId(grant) || grant.revokedAt !== undefined) return [];
  const { clientId, sessionId = '', createdAt } = grant;
  return [`${holders}${holderOf(grant)}${sortable(createdAt)}`, `${clients}${clientName(clientId)}${sessionId}`];
}

/** A time as text in its order, until the year 5188. */
function sortable(time: number): string {
  return Math.max(0, time).toString(36).padStart(9, '0');
}
