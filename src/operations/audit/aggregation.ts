import { defined } from '../../platform/fields/fields';
import type { ClientAddress } from '../../platform/http/client-address';
import type { AuditEvent } from './audit-event';
import { isSecurityEvent, type Kind, kindOf } from './event-kinds';

const minute = 60_000;
/** Single events of one kind in a minute for one IP address; a /48 has ten times as many. */
const singleFromOne = 20;
const addressesOfSite = 10;
/** Single events of one kind in a minute in total: the fewest for the kinds that say least. */
const singleInTotal: Readonly<Record<Kind, number>> = {
  asked: 2_000,
  registered: 2_000,
  issued: 10_000,
  refused: 10_000,
  security: 10_000,
};
/** Single refusals about one end-user in a minute: enough for the report to find guesses from many addresses. */
const singleAboutOne = 6;
/** For at most this many end-users. */
const subjectsAtMost = 1_000;
/** Aggregates that begin in a minute, and as many again that name an end-user without an address. */
const aggregatesAtMost = 1_000;

/** The sender of a request with events. */
export interface Caused {
  readonly client: ClientAddress;
  /** Whether a rate limit refused it. */
  readonly overLimit: boolean;
  /** Whether an operator was admitted. */
  readonly administration?: boolean;
}

/** Events that are stored as one. */
export interface Aggregate {
  /** The first of them, with their number. */
  readonly event: AuditEvent & { readonly count: number };
  /** Whether it belongs to the space of security events. */
  readonly reserved: boolean;
}

/** What an aggregate says of the source of its events. */
type Whom = {
  readonly [Name in 'model' | 'client_id' | 'sub' | 'actor' | 'target' | 'ip']?: AuditEvent[Name] | undefined;
};

/**
 * Decides which events are aggregated by minute: those of one IP address past a limit, and reads of the administration. So
 * nobody can fill the store with the trail, from however many addresses. Events about an end-user still name that end-user.
 */
export class Aggregation {
  private minute = 0;
  /** The used part of each budget in this minute. */
  private readonly used = new Map<string, number>();
  private readonly subjects = new Map<string, number>();
  /** The aggregates of this minute, by what their events have in common. */
  private readonly growing = new Map<string, { reserved: boolean; event: AuditEvent; count: number }>();
  private readonly begun = new Map<string, number>();
  /** Those of earlier minutes. */
  private over: Aggregate[] = [];

  /** Returns those events of a request that stay single; aggregates the others. `now`: milliseconds since the epoch. */
  rest(events: readonly AuditEvent[], caused: Caused, now: number): AuditEvent[] {
    this.turnTo(now);
    /** A request keeps all of its events or none: a logout is recorded to the last grant. */
    const decided = new Map<Kind, boolean>();
    return events.filter((event) => {
      const kind = kindOf(event, caused.administration === true);
      if (event.type !== 'admin_read' && kind === undefined) return true;
      const isAlone = kind !== undefined && (decided.get(kind) ?? this.isToldAlone(event, kind, caused));
      if (kind !== undefined) decided.set(kind, isAlone);
      if (!isAlone) this.add(event, kind, caused);
      return isAlone;
    });
  }

  get isWaiting(): boolean {
    return this.over.length + this.growing.size > 0;
  }

  /** The aggregates of this minute so far. */
  current(): Aggregate[] {
    return [...this.growing.values()].map(({ reserved, event, count }) => ({ reserved, event: { ...event, count } }));
  }

  /** Those since the last call whose minute is over at this time; they never grow again. */
  take(now: number): Aggregate[] {
    this.turnTo(now);
    const taken = this.over;
    this.over = [];
    return taken;
  }

  private turnTo(now: number): void {
    const current = Math.floor(now / minute);
    if (current === this.minute) return;
    this.minute = current;
    this.over.push(...this.current());
    this.growing.clear();
    this.used.clear();
    this.subjects.clear();
    this.begun.clear();
  }

  private isToldAlone({ type, sub }: AuditEvent, kind: Kind, { client, overLimit }: Caused): boolean {
    if (overLimit) return false;
    // Not from the address's budget: other refusals first must not hide whose passwords are tried.
    return type === 'request_refused' && sub !== undefined ? this.staysSingle(sub) : this.spend(kind, client);
  }

  private staysSingle(sub: string): boolean {
    const before = this.subjects.get(sub) ?? 0;
    if (before >= singleAboutOne || (before === 0 && this.subjects.size >= subjectsAtMost)) return false;
    this.subjects.set(sub, before + 1);
    return true;
  }

  /** Takes one from each budget if all have one left, so that no more than the limit stay single. */
  private spend(kind: Kind, { host, site }: ClientAddress): boolean {
    const budgets: [key: string, atMost: number][] = [
      [kind, singleInTotal[kind]],
      [`${kind} ${host}`, singleFromOne],
    ];
    if (site !== undefined) budgets.push([`${kind} ${site}`, singleFromOne * addressesOfSite]);
    if (budgets.some(([key, atMost]) => (this.used.get(key) ?? 0) >= atMost)) return false;
    for (const [key] of budgets) this.used.set(key, (this.used.get(key) ?? 0) + 1);
    return true;
  }

  private add(event: AuditEvent, kind: Kind | undefined, { client, administration }: Caused): void {
    const { model, client_id, actor, target } = event;
    const reserved = isSecurityEvent(event, administration === true);
    if (event.type === 'admin_read') return void this.addTo(others, event, { actor, target, ip: event.ip }, reserved);
    const whom = { model, client_id, sub: reserved ? event.sub : undefined, actor, target };
    const from = this.sourceOf(client, kind, reserved);
    const isAdded =
      (from !== undefined && this.addTo(from.of, event, { ...whom, ip: from.ip }, reserved, 'addresses')) ||
      (whom.sub !== undefined && this.addTo(others, event, whom, reserved, 'persons'));
    // Grouped by reason only, so that they are few whatever was sent.
    if (!isAdded) this.addTo(others, event, {}, reserved);
  }

  /**
   * The source that an event is aggregated under: its IP address; its network, if nothing of that stayed single; undefined when
   * such a network came after all room was used up.
   */
  private sourceOf({ host, site = host, ip }: ClientAddress, kind: Kind | undefined, reserved: boolean) {
    if (kind === undefined || this.used.has(`${kind} ${host}`)) return { of: host, ip };
    if (!reserved && (this.used.get(kind) ?? 0) >= singleInTotal[kind]) return undefined;
    return { of: site, ip: site === host ? ip : site };
  }

  /** False when it would begin one more aggregate of its sort than allowed; without a sort there are few. */
  private addTo(of: string, event: AuditEvent, whom: Whom, reserved: boolean, sort?: string): boolean {
    const { id, time, type, outcome, reason } = event;
    const { model, client_id, sub, actor, target, ip } = whom;
    const key = JSON.stringify([type, reason, of, model, client_id, sub, actor, target]);
    const growing = this.growing.get(key);
    if (growing !== undefined) {
      growing.count += 1;
      return true;
    }
    const counted = `${sort} ${reserved}`;
    const begun = this.begun.get(counted) ?? 0;
    if (sort !== undefined && begun >= aggregatesAtMost) return false;
    this.begun.set(counted, begun + 1);
    const about = { reason, model, client_id, sub, actor, target, ip };
    this.growing.set(key, { reserved, event: { id, time, type, outcome, ...defined(about) }, count: 1 });
    return true;
  }
}

const others = 'others';
