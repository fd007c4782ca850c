import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { ServiceEventType } from '../../domain/events/event';
import type { AuditEvent } from './audit-event';
import type { AuditQuery } from './audit-query';
import { AuditStore } from './audit-store';
import { AuditTrail } from './audit-trail';
import { timeOf } from './event-id';
import { failuresFromOneAddress, oneChallengeFromSeveralAddresses } from './patterns/addresses';
import { ChallengeFarming } from './patterns/challenge-farming';
import { guessesAtOneUser, refreshReuse, replays } from './patterns/logins';
import { countOf, Examples } from './patterns/pattern';
import type { SecurityReport, Totals } from './security-report.schemas';
import { verifierMismatch, VerifierMismatchesAboveUsual } from './patterns/verifier-mismatches';

const [hour, day] = [3_600_000, 86_400_000];
/** Most events and time for a report; it omits the oldest events beyond. */
const examinedAtMost = 200_000;
const examinedWithinMs = 5_000;

/** Events of a successful step; other events of the request are no step. */
const succeeded: ReadonlySet<ServiceEventType> = new Set([
  'code_issued',
  'code_redeemed',
  'challenge_issued',
  'challenge_redeemed',
  'session_begun',
  'tokens_refreshed',
]);

/** Reads the trail for failures and signs of attacks. */
@Injectable()
export class SecurityReports {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly trail: AuditTrail,
    private readonly store: AuditStore,
  ) {}

  /**
   * `from`: milliseconds since the epoch; an hour ago by default, and at most the retention of events. Throws:
   * StoreUnavailableError.
   */
  async report(from?: number): Promise<SecurityReport> {
    await this.trail.flush();
    const until = this.clock.now();
    const earliest = until - this.config.auditRetentionDays * day;
    const since = Math.min(until, Math.max(from ?? until - hour, earliest));
    const reading = new Reading();
    const sums = new Sums();
    const mismatches = new VerifierMismatchesAboveUsual();
    const patterns = [
      failuresFromOneAddress(),
      oneChallengeFromSeveralAddresses(),
      mismatches,
      replays(),
      refreshReuse(),
      new ChallengeFarming(),
      guessesAtOneUser(),
    ];
    const see = (event: AuditEvent) => {
      sums.see(event);
      for (const pattern of patterns) pattern.see(event);
    };
    this.trail.growing.filter(({ id }) => timeOf(id) >= since).forEach(see);
    await reading.walk(this.store, { since }, see);
    const { examined } = reading;
    const before = { reason: verifierMismatch, since: since - (until - since), until: since };
    await reading.walk(this.store, before, (event) => mismatches.seeUsual(event));
    return {
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      events: { examined, complete: reading.complete },
      ...sums.shown(),
      findings: patterns.flatMap((pattern) => pattern.findings()),
    };
  }
}

/** Reads events within its limits. */
class Reading {
  examined = 0;
  complete = true;
  private readonly deadline = performance.now() + examinedWithinMs;

  async walk(store: AuditStore, query: AuditQuery, see: (event: AuditEvent) => void): Promise<void> {
    for await (const batch of store.newest(query)) {
      for (const event of batch) see(event);
      this.examined += batch.length;
      if (this.examined < examinedAtMost && performance.now() < this.deadline) continue;
      this.complete = false;
      return;
    }
  }
}

/** Counts steps by model and outcome. */
class Sums {
  private readonly of = { pkce: emptySum(), wallet: emptySum(), passkey: emptySum(), other: emptySum() };
  private readonly reasons = new Examples();

  see(event: AuditEvent): void {
    const sum = this.of[event.model ?? 'other'];
    if (event.type === 'request_refused') {
      sum.failure += countOf(event);
      this.reasons.see(event.reason, countOf(event));
    } else if (succeeded.has(event.type)) {
      sum.success += countOf(event);
    }
  }

  shown(): Pick<SecurityReport, 'totals' | 'failure_rate' | 'failures'> {
    const { pkce, wallet, passkey, other } = this.of;
    const logins = {
      success: pkce.success + wallet.success + passkey.success,
      failure: pkce.failure + wallet.failure + passkey.failure,
    };
    return {
      totals: {
        pkce: totalsOf(pkce),
        wallet: totalsOf(wallet),
        passkey: totalsOf(passkey),
        other: totalsOf(other),
      },
      failure_rate: totalsOf(logins).failure_rate,
      failures: this.reasons.table(),
    };
  }
}

function emptySum() {
  return { success: 0, failure: 0 };
}

function totalsOf({ success, failure }: Pick<Totals, 'success' | 'failure'>): Totals {
  const all = success + failure;
  return { success, failure, failure_rate: all === 0 ? 0 : Math.round((failure / all) * 10_000) / 10_000 };
}
