import { hashSecret } from '../../domain/credentials/secret';
import type { ClientAddress } from '../../platform/http/client-address';
import type { AuditEvent } from './audit-event';
import type { AuditAggregate } from './audit-store';
import { isSecurityEvent, type Kind, kindOf } from './event-kinds';

const minute = 60_000;
/** So many requests of one IP address have their events of a kind told one by one in a minute, and ten times as many of a /48. */
const toldOneByOne = 20;
const addressesOfSite = 10;
/** So many of a kind are told one by one in a minute, from wherever they come: of what says least the fewest. */
const toldInAll: Readonly<Record<Kind, number>> = {
  asked: 2_000,
  registered: 2_000,
  issued: 10_000,
  refused: 10_000,
  security: 10_000,
};
/** So many refusals about one person are told one by one in a minute: enough that the report finds guesses from many places. */
const toldOfPerson = 6;
/** Of so many persons. */
const personsAtMost = 1_000;
/** So many events that others are added to begin in a minute, and as many again that name a person and no address. */
const aggregatesAtMost = 1_000;
/** Of all minutes so many wait for the store, while it is away: about 5 MB. */
const waitingAtMost = 10_000;

/** Whose request events are of. */
export interface Caused {
  readonly client: ClientAddress;
  /** Whether a rate limit refused it. */
  readonly overLimit: boolean;
  /** Whether an operator was let in. */
  readonly administration?: boolean;
}

/**
 * Decides which events stand for others of their minute: what one address causes past a limit, and reads of the
 * administration. So whoever goes on regardless, from however many addresses, does not fill the store with the trail. What is
 * about a person goes on naming that person.
 */
export class Aggregation {
  private minute = 0;
  /** How much of each budget has been used in this minute. */
  private readonly used = new Map<string, number>();
  private readonly persons = new Map<string, number>();
  /** What has been aggregated in this minute, and the key of each. */
  private readonly keys = new Map<string, string>();
  private readonly begun = new Map<string, number>();
  private pending = new Map<string, AuditAggregate>();

  /** `lost` is told how many events are in no aggregate, because too many aggregates wait. */
  constructor(private readonly lost: (events: number) => void = () => {}) {}

  /** Returns, of the events of one request, those that are told one by one; the others are aggregated. */
  rest(events: readonly AuditEvent[], caused: Caused, now: number): AuditEvent[] {
    this.turnTo(Math.floor(now / minute));
    /** A request that is told of is told of whole: what ended with one logout is told to the last grant. */
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
    return this.pending.size > 0;
  }

  /** What was aggregated since the last call. */
  take(): AuditAggregate[] {
    const aggregates = [...this.pending.values()];
    this.pending = new Map();
    return aggregates;
  }

  /** What was taken and could not be written. */
  giveBack(aggregates: readonly AuditAggregate[]): void {
    const later = this.take();
    for (const aggregate of [...aggregates, ...later]) this.count(aggregate);
  }

  private turnTo(current: number): void {
    if (current === this.minute) return;
    this.minute = current;
    this.used.clear();
    this.persons.clear();
    this.keys.clear();
    this.begun.clear();
  }

  private isToldAlone({ type, sub }: AuditEvent, kind: Kind, { client, overLimit }: Caused): boolean {
    if (overLimit) return false;
    // Not of the address's budget: whoever is refused for something else first must not hide whose passwords are tried.
    return type === 'request_refused' && sub !== undefined ? this.isToldOfPerson(sub) : this.spend(kind, client);
  }

  private isToldOfPerson(sub: string): boolean {
    const before = this.persons.get(sub) ?? 0;
    if (before >= toldOfPerson || (before === 0 && this.persons.size >= personsAtMost)) return false;
    this.persons.set(sub, before + 1);
    return true;
  }

  /** Takes one of each budget, if each has one left: so there are never more of them than are told one by one. */
  private spend(kind: Kind, { host, site }: ClientAddress): boolean {
    const budgets: [key: string, atMost: number][] = [
      [kind, toldInAll[kind]],
      [`${kind} ${host}`, toldOneByOne],
    ];
    if (site !== undefined) budgets.push([`${kind} ${site}`, toldOneByOne * addressesOfSite]);
    if (budgets.some(([key, atMost]) => (this.used.get(key) ?? 0) >= atMost)) return false;
    for (const [key] of budgets) this.used.set(key, (this.used.get(key) ?? 0) + 1);
    return true;
  }

  private add(event: AuditEvent, kind: Kind | undefined, { client, administration }: Caused): void {
    const { id, time, type, model, client_id, sub, outcome, reason } = event;
    const reserved = isSecurityEvent(event, administration === true);
    const least = { id, time, type, outcome, ...(reason !== undefined && { reason }) };
    const whom = {
      ...(model !== undefined && { model }),
      ...(client_id !== undefined && { client_id }),
      ...(reserved && sub !== undefined && { sub }),
    };
    const from = this.sourceOf(client, kind, reserved);
    const isAdded =
      (from !== undefined && this.addTo({ ...least, ...whom, ip: from.ip }, from.of, reserved, 'addresses')) ||
      (reserved && sub !== undefined && this.addTo({ ...least, ...whom }, others, reserved, 'persons'));
    // By the reason alone, so that they are few whatever was sent.
    if (!isAdded) this.addTo(least, others, reserved);
  }

  /**
   * With whom an event is counted: its address; the site of one that nothing was told of by itself; undefined of such a one
   * when all room was used up before it came.
   */
  private sourceOf({ host, site = host, ip }: ClientAddress, kind: Kind | undefined, reserved: boolean) {
    if (kind === undefined || this.used.has(`${kind} ${host}`)) return { of: host, ip };
    if (!reserved && (this.used.get(kind) ?? 0) >= toldInAll[kind]) return undefined;
    return { of: site, ip: site === host ? ip : site };
  }

  /** False when it would begin one more of its sort than there may be; of those without a sort there are few anyway. */
  private addTo(event: AuditEvent, of: string, reserved: boolean, sort?: string): boolean {
    const { type, reason, model, client_id, sub } = event;
    const known = JSON.stringify([this.minute, type, reason, of, model, client_id, sub]);
    let key = this.keys.get(known);
    if (key === undefined) {
      const counted = `${sort} ${reserved}`;
      const begun = this.begun.get(counted) ?? 0;
      if (sort !== undefined && begun >= aggregatesAtMost) return false;
      this.begun.set(counted, begun + 1);
      key = hashSecret(known);
      this.keys.set(known, key);
    }
    this.count({ key, event, count: 1, reserved });
    return true;
  }

  private count(aggregate: AuditAggregate): void {
    const before = this.pending.get(aggregate.key);
    if (before === undefined && this.pending.size >= waitingAtMost) return this.lost(aggregate.count);
    this.pending.set(
      aggregate.key,
      before === undefined ? aggregate : { ...before, count: before.count + aggregate.count },
    );
  }
}

const others = 'others';
