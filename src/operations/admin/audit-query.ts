import { isAuditEventType } from '../audit/audit-event';
import type { AuditQuery } from '../audit/audit-query';
import { isEventId } from '../audit/event-id';
import { ipIn } from '../../platform/http/client-address';
import { FieldError } from '../../platform/fields/field-error';
import { defined } from '../../platform/fields/fields';
import type { Parameters } from '../../platform/http/parameters';

export const auditParameters = ['type', 'client_id', 'sub', 'ip', 'since', 'until', 'after'] as const;

/** A query of the trail, as the API and the command line spell it. */
type AuditParameters = Readonly<Partial<Record<(typeof auditParameters)[number], string | undefined>>>;

/** `now`: milliseconds since the epoch. Throws: {@link FieldError}. */
export function auditQuery(asked: AuditParameters, now: number): AuditQuery {
  const { type, client_id: clientId, sub, ip, after } = asked;
  if (type !== undefined && !isAuditEventType(type)) throw new FieldError('type', 'a type of docs/audit.md');
  if (after !== undefined && !isEventId(after)) throw new FieldError('after', 'the next of the page before');
  const [since, until] = [timeIn('since', asked.since, now), timeIn('until', asked.until, now)];
  const address = ip === undefined ? undefined : addressIn(ip);
  return defined({ type, clientId, sub, ip: address, since, until, before: after });
}

/** The `seq` behind which events are asked for, ascending. Throws: {@link FieldError}. */
export function seqIn(asked: Parameters): number | undefined {
  const text = asked.get('after_seq');
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new FieldError('after_seq', 'the seq of an event, or 0');
  if (asked.get('after') !== undefined) throw new FieldError('after_seq', 'no after beside it');
  return Number(text);
}

const network = /^(?:\d{1,3}(?:\.\d{1,3}){3}\/24|[\da-f:]+\/48)$/;

/** In the trail's spelling: an IP address or, for old events, a network. */
function addressIn(text: string): string {
  const ip = network.test(text) ? text : ipIn(text);
  if (ip === undefined) throw new FieldError('ip', 'an IP address, or a network as old events have it');
  return ip;
}

const dateTime = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
const ago = /^(\d{1,6})([smhd])$/;
const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A time as milliseconds since the epoch: a date, a date and time with its zone, or a time ago such as `15m` (`s`, `m`, `h`,
 * `d`). Throws: {@link FieldError}. Source: RFC 3339 §5.6.
 */
export function timeIn(name: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ''] = ago.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * units[unit as keyof typeof units];
  const [, year, month, day] = dateTime.exec(text) ?? [];
  const time = Date.parse(text);
  const isDay = new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
  if (!isDay || Number.isNaN(time))
    throw new FieldError(name, 'a date, a time such as 2026-01-01T00:00:00Z, or so long ago: 90s, 15m, 1h, 7d');
  return time;
}
