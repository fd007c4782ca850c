import { nameComponent } from '../../platform/storage/index-name';
import type { RecordType } from '../../platform/storage/record-schema';
import { type Grant, grantRecords, limitedKindOf } from './grant';

/** The table of grants, with its index. */
export const grantTable: RecordType<Grant> = { ...grantRecords, namesOf };

/** Prefix of live grants, ordered by subject, client, kind and time. */
export const liveGrants = 's ';
/** Prefix of live grants, ordered by client and session. */
const clients = 'c ';

/** Prefix of a subject's grants, or of those at one client. */
export function ownerPrefix(sub: string, clientId?: string): string {
  return `${liveGrants}${nameComponent(sub)}${clientId === undefined ? '' : nameComponent(clientId)}`;
}

/** Prefix of the grants that the limit counts together with this one. */
export function limitPrefix(grant: Grant): string {
  return `${ownerPrefix(grant.authentication.sub, grant.clientId)}${limitedKindOf(grant).charAt(0)} `;
}

/** What follows a client's prefix is below this for grants without a session, and a session's id for the others. */
export const belowSessions = ' ~';

/** Prefix of a client's grants: those without a session by time, so that new ones share a page, and then by session. */
export function clientPrefix(clientId: string): string {
  return `${clients}${nameComponent(clientId)}`;
}

/** A revoked grant is found by its id alone. */
function namesOf(grant: Grant): string[] {
  if (grant.revokedAt !== undefined) return [];
  const time = sortable(grant.createdAt);
  return [`${limitPrefix(grant)}${time}`, `${clientPrefix(grant.clientId)}${grant.sessionId ?? ` ${time}`}`];
}

/** A time as sortable text, until the year 5188. */
function sortable(time: number): string {
  return Math.max(0, time).toString(36).padStart(9, '0');
}
