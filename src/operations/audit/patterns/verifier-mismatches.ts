import type { AuditEvent } from '../audit-event';
import type { Finding } from '../security-report.schemas';
import { above, countOf, Examples, type Pattern, Period, Tallies } from './pattern';

export const verifierMismatch = 'code_verifier_mismatch';

/** A few happen to everybody. */
const alwaysAllowed = 5;
/** Suspicious from this multiple of the usual number. */
const timesUsual = 3;

/** A client whose verifiers mismatch more often than in the previous period: it is broken, or its codes are stolen. */
export class VerifierMismatchesAboveUsual implements Pattern {
  private readonly clients = new Tallies(() => ({ count: 0, usual: 0, ips: new Examples(), period: new Period() }));

  see(event: AuditEvent): void {
    if (event.reason !== verifierMismatch) return;
    const client = this.clients.of(event.client_id ?? '');
    if (client === undefined) return;
    client.count += countOf(event);
    client.ips.see(event.ip);
    client.period.see(event);
  }

  /** Takes an event of the previous period, which is as long. */
  seeUsual(event: AuditEvent): void {
    const client = this.clients.of(event.client_id ?? '');
    if (client !== undefined) client.usual += countOf(event);
  }

  findings(): Finding[] {
    return this.clients
      .all()
      .flatMap(([clientId, { count, usual, ips, period }]) => {
        const evidence = { ...(clientId !== '' && { client_id: clientId }), usual, ips: ips.list(), ...period.shown() };
        const threshold = Math.max(alwaysAllowed, timesUsual * usual);
        return above('verifier_mismatches_above_usual', threshold, [{ count, evidence }]);
      })
      .toSorted((a, b) => b.count - a.count);
  }
}
