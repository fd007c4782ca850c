import { hostOf } from '../../http/client-address';
import type { AuditEvent } from '../audit-event';
import { above, countOf, Examples, type Finding, type Pattern, Period, Tallies } from './pattern';

/** Of how many redeemed challenges the issue is waited for: it is older, by seconds. */
const redeemedAtMost = 50_000;

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

/** An address that asks for challenges or codes and redeems none. */
export class ChallengeFarming implements Pattern {
  private readonly redeemed = new Set<string>();
  private readonly hosts = new Tallies(() => ({
    codes: 0,
    challenges: 0,
    clients: new Examples(),
    period: new Period(),
  }));

  see(event: AuditEvent): void {
    const { type, challenge, ip } = event;
    if (challenge === undefined) return;
    if (type === 'code_issued' || type === 'challenge_issued') {
      // The newest come first, so that its redemption has been seen.
      if (this.redeemed.delete(challenge)) return;
      const host = ip === undefined ? undefined : this.hosts.of(hostOf(ip));
      if (host === undefined) return;
      host[type === 'code_issued' ? 'codes' : 'challenges'] += 1;
      host.clients.see(event.client_id);
      host.period.see(event);
    } else if (type !== 'request_refused' && this.redeemed.size < redeemedAtMost) {
      this.redeemed.add(challenge);
    }
  }

  findings(): Finding[] {
    const found = this.hosts.all().map(([ip, { codes, challenges, clients, period }]) => ({
      count: codes + challenges,
      evidence: { ip, codes, challenges, client_ids: clients.list(), ...period.shown() },
    }));
    return above('challenge_farming', 50, found);
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
