import { hashSecret } from '../credentials/secret';
import type { ClientAddress } from '../http/client-address';
import type { AuditEvent } from './audit-event';
import type { AuditFold } from './audit-store';

const minute = 60_000;
/** So many refusals of one address are told one by one in a minute. */
const toldOneByOne = 20;
/** So many addresses are told apart in a minute; those beyond them are counted together. */
const addressesAtMost = 10_000;
/** And so many events that others are added to. */
const foldsAtMost = 1_000;

/**
 * Decides which events stand for others of their minute: refusals of one address past a limit, and reads of the
 * administration. So whoever goes on regardless does not fill the store with the trail.
 */
export class Folding {
  private minute = 0;
  /** How many refusals each address has had in this minute. */
  private readonly refusals = new Map<string, number>();
  /** What has been folded in this minute. */
  private readonly keys = new Set<string>();
  private pending = new Map<string, AuditFold>();

  /** True when the event is one that is folded, and was. `overLimit`: its request was refused by a rate limit. */
  takes(event: AuditEvent, { host, ip }: ClientAddress, overLimit: boolean, now: number): boolean {
    this.turnTo(Math.floor(now / minute));
    const isRead = event.type === 'admin_read';
    if (!isRead && (event.type !== 'request_refused' || !(this.isPast(host) || overLimit))) return false;
    this.add(this.isTooMany(host) ? withoutAddress(event) : { event, of: host, ip });
    return true;
  }

  get isWaiting(): boolean {
    return this.pending.size > 0;
  }

  /** What was folded since the last call. */
  take(): AuditFold[] {
    const folds = [...this.pending.values()];
    this.pending = new Map();
    return folds;
  }

  /** What was taken and could not be written. */
  giveBack(folds: readonly AuditFold[]): void {
    const later = this.take();
    for (const fold of [...folds, ...later]) this.count(fold);
  }

  private turnTo(current: number): void {
    if (current === this.minute) return;
    this.minute = current;
    this.refusals.clear();
    this.keys.clear();
  }

  /** Counts a refusal; true when it is past those that are told one by one. */
  private isPast(host: string): boolean {
    const before = this.refusals.get(host);
    if (before === undefined && this.refusals.size >= addressesAtMost) return true;
    this.refusals.set(host, (before ?? 0) + 1);
    return (before ?? 0) >= toldOneByOne;
  }

  private isTooMany(host: string): boolean {
    return !this.refusals.has(host) && this.refusals.size >= addressesAtMost;
  }

  private add({ event, of, ip }: Addressed): void {
    const { id, time, type, model, client_id, outcome, reason } = event;
    const key = hashSecret(JSON.stringify([this.minute, type, reason, of, model, client_id]));
    if (!this.keys.has(key) && this.keys.size >= foldsAtMost && of !== others) return this.add(withoutAddress(event));
    this.keys.add(key);
    const folded: AuditEvent = {
      id,
      time,
      type,
      ...(model !== undefined && { model }),
      ...(client_id !== undefined && { client_id }),
      outcome,
      ...(reason !== undefined && { reason }),
      ...(ip !== undefined && { ip }),
    };
    this.count({ key, event: folded, count: 1 });
  }

  private count(fold: AuditFold): void {
    const before = this.pending.get(fold.key);
    this.pending.set(fold.key, before === undefined ? fold : { ...before, count: before.count + fold.count });
  }
}

interface Addressed {
  readonly event: AuditEvent;
  /** Whose events are counted together. */
  readonly of: string;
  readonly ip?: string;
}

const others = 'others';

/** Of all addresses that are not told apart: by reason alone, so that they are few whatever was sent. */
function withoutAddress({ id, time, type, outcome, reason }: AuditEvent): Addressed {
  return { event: { id, time, type, outcome, ...(reason !== undefined && { reason }) }, of: others };
}
