import { nameComponent } from '../../platform/storage/index-name';
import type { TableType } from '../../platform/storage/record-schema';
import { type Grant, grantRecords, limitedKindOf } from './grant';

/** The table of grants, with its index. */
export const grantTable: TableType<Grant> = { ...grantRecords, namesOf };

/** Begins the names of the grants that have not ended, in the order of subject, client, kind and time. */
export const holders = 's ';
/** Begins the same ones' names, in the order of client and session. */
const clients = 'c ';

/** Begins the names of a subject's grants, or of those at one client. */
export function holderPrefix(sub: string, clientId?: string): string {
  return `${holders}${nameComponent(sub)}${clientId === undefined ? '' : nameComponent(clientId)}`;
}

/** Begins the names of the grants that the limit counts together with this one. */
export function limitPrefix(grant: Grant): string {
  return `${holderPrefix(grant.authentication.sub, grant.clientId)}${limitedKindOf(grant).charAt(0)} `;
}

/** Begins the names of a client's grants; the ids of their sessions follow. */
export function clientPrefix(clientId: string): string {
  return `${clients}${nameComponent(clientId)}`;
}

/** An ended grant is found by its id alone. */
function namesOf(grant: Grant): string[] {
  if (grant.revokedAt !== undefined) return [];
  const { clientId, sessionId = '', createdAt } = grant;
  return [`${limitPrefix(grant)}${sortable(createdAt)}`, `${clientPrefix(clientId)}${sessionId}`];
}

/** A time as text in its order, until the year 5188. */
function sortable(time: number): string {
  return Math.max(0, time).toString(36).padStart(9, '0');
}
