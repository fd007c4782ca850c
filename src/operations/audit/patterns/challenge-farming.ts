import { hostOf } from '../../../platform/http/client-address';
import type { AuditEvent } from '../audit-event';
import type { Finding } from '../security-report.schemas';
import { above, countOf, Examples, type Pattern, Period, Tallies } from './pattern';

/** Most redeemed challenges that are remembered until their earlier issue is read. */
const redeemedAtMost = 50_000;

/** An aggregate of a client's codes or challenges: only their number is known. */
interface Aggregated {
  readonly what: 'codes' | 'challenges';
  readonly clientId: string;
  count: number;
}

/** An IP address that requests challenges or codes and redeems none. */
export class ChallengeFarming implements Pattern {
  private readonly redeemed = new Map<string, AuditEvent>();
  private readonly hosts = new Tallies(() => ({
    codes: 0,
    challenges: 0,
    aggregated: new Map<string, Aggregated>(),
    clients: new Examples(),
    period: new Period(),
  }));

  see(event: AuditEvent): void {
    const { type, challenge } = event;
    if (type === 'code_issued' || type === 'challenge_issued') {
      // The newest events come first, so its redemption has been seen.
      if (challenge === undefined || !this.redeemed.delete(challenge)) this.seeIssued(event);
    } else if (challenge !== undefined && type !== 'request_refused' && this.redeemed.size < redeemedAtMost) {
      this.redeemed.set(challenge, event);
    }
  }

  findings(): Finding[] {
    this.matchAggregated();
    const found = this.hosts.all().map(([ip, { codes, challenges, clients, period }]) => ({
      count: codes + challenges,
      evidence: { ip, codes, challenges, client_ids: clients.list(), ...period.shown() },
    }));
    return above('challenge_farming', 50, found);
  }

  private seeIssued(event: AuditEvent): void {
    const { type, ip, client_id: clientId = '', count } = event;
    const host = ip === undefined ? undefined : this.hosts.of(hostOf(ip));
    if (host === undefined) return;
    const what = type === 'code_issued' ? 'codes' : 'challenges';
    const key = `${what} ${clientId}`;
    if (count === undefined) host[what] += 1;
    else host.aggregated.set(key, { what, clientId, count: (host.aggregated.get(key)?.count ?? 0) + countOf(event) });
    host.clients.see(event.client_id);
    host.period.see(event);
  }

  /**
   * Of an aggregate it is unknown which ones were redeemed. They are matched with redemptions without a single issue event:
   * first from the same address, then of the same client. The rest was not redeemed.
   */
  private matchAggregated(): void {
    const left = [...this.redeemed.values()];
    const byHost = grouped(left, ({ ip = '' }) => hostOf(ip));
    for (const [ip, { aggregated }] of this.hosts.all()) {
      for (const each of aggregated.values()) each.count -= byHost.get(ip)?.splice(0, each.count).length ?? 0;
    }
    const byClient = grouped([...byHost.values()].flat(), ({ client_id: clientId = '' }) => clientId);
    for (const [, host] of this.hosts.all()) {
      for (const { what, clientId, count } of host.aggregated.values()) {
        host[what] += count - (byClient.get(clientId)?.splice(0, count).length ?? 0);
      }
    }
  }
}

function grouped(events: readonly AuditEvent[], keyOf: (event: AuditEvent) => string): Map<string, AuditEvent[]> {
  const groups = new Map<string, AuditEvent[]>();
  for (const event of events) {
    const key = keyOf(event);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [event]);
    else group.push(event);
  }
  return groups;
}
