import { hostOf } from '../../../platform/http/client-address';
import type { AuditEvent } from '../audit-event';
import type { Finding } from '../security-report.schemas';
import { above, countOf, Examples, type Pattern, Period, Tallies } from './pattern';

/** Of how many redeemed challenges the issue is waited for: it is older, by seconds. */
const redeemedAtMost = 50_000;

/** Codes or challenges of one client, of which only the number is told. */
interface Aggregated {
  readonly what: 'codes' | 'challenges';
  readonly clientId: string;
  count: number;
}

/** An address that asks for challenges or codes and redeems none. */
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
      // The newest come first, so that its redemption has been seen.
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
   * Of a number it is not told which were redeemed. It is held against the redemptions whose issue was not told by itself:
   * first those from the same address, then those of the same client from anywhere. What is left was not redeemed.
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
