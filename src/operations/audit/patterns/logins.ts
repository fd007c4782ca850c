import { hostOf } from '../../../platform/http/client-address';
import type { AuditEvent } from '../audit-event';
import { above, countOf, Examples, type Finding, type Pattern, Period, Tallies } from './pattern';

/** What is told of logins that came again after they were used. */
const reuse = () => ({
  count: 0,
  subs: new Examples(),
  grants: new Examples(),
  ips: new Examples(),
  period: new Period(),
});

/** Of one client, what was used a second time by whoever had it. */
abstract class Reuse implements Pattern {
  private readonly clients = new Tallies(reuse);

  protected abstract readonly name: string;
  protected abstract isIt(event: AuditEvent): boolean;

  see(event: AuditEvent): void {
    if (!this.isIt(event)) return;
    const client = this.clients.of(event.client_id ?? '');
    if (client === undefined) return;
    client.count += countOf(event);
    client.subs.see(event.sub);
    client.grants.see(event.grant_id);
    client.ips.see(event.ip);
    client.period.see(event);
  }

  findings(): Finding[] {
    const found = this.clients.all().map(([clientId, { count, subs, grants, ips, period }]) => ({
      count,
      evidence: {
        ...(clientId !== '' && { client_id: clientId }),
        subs: subs.list(),
        grant_ids: grants.list(),
        ips: ips.list(),
        ...period.shown(),
      },
    }));
    return above(this.name, 0, found);
  }
}

/** A code or a signature that was right, and had been used: somebody else has it. */
export class Replays extends Reuse {
  protected readonly name = 'replays';

  protected isIt({ type, reason }: AuditEvent): boolean {
    return type === 'replay_detected' || (type === 'session_ended' && reason === 'replay');
  }
}

/** A refresh token that had been rotated away: it, or its successor, is with somebody else. */
export class RefreshReuse extends Reuse {
  protected readonly name = 'refresh_reuse';

  protected isIt({ type, reason }: AuditEvent): boolean {
    return type === 'request_refused' && reason === 'refresh_token_reused';
  }
}

/** A user whose password is tried from many places, by few tries of each. */
export class GuessesAtOneUser implements Pattern {
  private readonly users = new Tallies(() => ({ attempts: 0, hosts: new Examples(), period: new Period() }));

  see(event: AuditEvent): void {
    const { type, reason, sub, ip } = event;
    if (type !== 'request_refused' || reason !== 'password_wrong' || sub === undefined) return;
    const user = this.users.of(sub);
    if (user === undefined) return;
    user.attempts += countOf(event);
    user.hosts.see(ip === undefined ? undefined : hostOf(ip));
    user.period.see(event);
  }

  findings(): Finding[] {
    const found = this.users.all().map(([sub, { attempts, hosts, period }]) => ({
      count: hosts.size,
      evidence: { sub, attempts, ips: hosts.list(), ...period.shown() },
    }));
    return above('guesses_at_one_user', 5, found);
  }
}
