import type { ServiceEventType } from '../../domain/events/event';
import { idAt } from './event-id';

/** Selects the events that equal every given field. */
export interface AuditQuery {
  readonly type?: ServiceEventType;
  readonly clientId?: string;
  readonly sub?: string;
  readonly ip?: string;
  readonly reason?: string;
  /** From this time on; milliseconds since the epoch. */
  readonly since?: number;
  /** Before this time. */
  readonly until?: number;
  /** Older than the event with this id. */
  readonly before?: string;
}

/** The ids that a query may find: from the first on (absent: from the oldest), below the other (absent: up to the newest). */
export function idsOf({ since, until, before }: AuditQuery): { readonly from?: string; readonly below?: string } {
  const end = until === undefined ? undefined : idAt(until);
  const below = end === undefined || (before !== undefined && before < end) ? before : end;
  return { ...(since !== undefined && { from: idAt(since) }), ...(below !== undefined && { below }) };
}

/** The fields of an event that a query gives, with their values. */
export function fieldsOf({ type, clientId, sub, ip, reason }: AuditQuery): [name: string, value: string][] {
  const fields = Object.entries({ type, client_id: clientId, sub, ip, reason });
  return fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}
