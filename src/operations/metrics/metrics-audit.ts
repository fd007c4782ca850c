import { Injectable } from '@nestjs/common';
import { AuditStore } from '../audit/audit-store';
import { AuditTrail } from '../audit/audit-trail';
import { AuditUpkeep } from '../audit/audit-upkeep';
import { Clock } from '../../platform/clock';
import { counter, gauge, type MetricFamily } from './metrics-families';
import { inAScrape, Recent } from './metrics-records';
import { MetricSources } from './metrics-sources';

/** Metrics of the audit trail. */
@Injectable()
export class AuditMetrics {
  private readonly bytes: Recent<number | undefined>;

  constructor(
    sources: MetricSources,
    clock: Clock,
    private readonly trail: AuditTrail,
    private readonly upkeep: AuditUpkeep,
    store: AuditStore,
  ) {
    this.bytes = new Recent(clock, () => inAScrape(store.bytes()));
    sources.addOwn(() => this.counts());
    sources.addShared(() => this.size());
  }

  private counts(): MetricFamily[] {
    const { events, lost } = this.trail.counts;
    const { security, other } = this.upkeep.trimmed;
    return [
      counter('tessera_audit_events_total', 'Events recorded in the audit trail', [[{}, events]]),
      counter('tessera_audit_events_lost_total', 'Events of those that are not in it', [[{}, lost]]),
      counter('tessera_audit_trimmed_total', 'Events that were removed before their time, for want of room', [
        [{ kind: 'security' }, security],
        [{ kind: 'other' }, other],
      ]),
    ];
  }

  private async size(): Promise<MetricFamily[]> {
    const bytes = await this.bytes.get();
    return [gauge('tessera_audit_bytes', 'Bytes that the audit trail takes', bytes === undefined ? [] : [[{}, bytes]])];
  }
}
