import { hostOf } from '../../../platform/http/client-address';
import type { AuditEvent } from '../audit-event';
import { above, countOf, Examples, type Finding, type Pattern, Period, Tallies } from './pattern';

/** An address whose requests fail again and again. */
export class FailuresFromOneAddress implements Pattern {
  private readonly hosts = new Tallies(() => ({ count: 0, reasons: new Examples(), period: new Period() }));

  see(event: AuditEvent): void {
    if (event.type !== 'request_refused' || event.ip === undefined) return;
    const host = this.hosts.of(hostOf(event.ip));
    if (host === undefined) return;
    host.count += countOf(event);
    host.reasons.see(event.reason, countOf(event));
    host.period.see(event);
  }

  findings(): Finding[] {
    const found = this.hosts.all().map(([ip, { count, reasons, period }]) => ({
      count,
      evidence: { ip, reasons: reasons.table(), ...period.shown() },
    }));
    return above('failures_from_one_address', 10, found);
  }
}

/** A code or nonce that was tried from more than one place: it is in more than one pair of hands. */
export class OneChallengeFromSeveralAddresses implements Pattern {
  private readonly challenges = new Tallies(() => ({
    tries: 0,
    redeemed: false,
    hosts: new Examples(),
    clients: new Examples(),
    period: new Period(),
  }));

  see(event: AuditEvent): void {
    const { type, challenge, ip, client_id: clientId } = event;
    if (challenge === undefined || ip === undefined || type === 'code_issued' || type === 'challenge_issued') return;
    const tried = this.challenges.of(challenge);
    if (tried === undefined) return;
    tried.tries += countOf(event);
    tried.redeemed ||= event.outcome === 'success';
    tried.hosts.see(hostOf(ip));
    tried.clients.see(clientId);
    tried.period.see(event);
  }

  findings(): Finding[] {
    const found = this.challenges.all().map(([challenge, { tries, redeemed, hosts, clients, period }]) => ({
      count: hosts.size,
      evidence: { challenge, ips: hosts.list(), tries, redeemed, client_ids: clients.list(), ...period.shown() },
    }));
    return above('one_challenge_from_several_addresses', 1, found);
  }
}
