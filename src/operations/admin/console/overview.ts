import { Injectable } from '@nestjs/common';
import { includesRole } from '../../../domain/identity/operator-role';
import type { Acting } from '../../../domain/operators/operators';
import { Clock } from '../../../platform/clock';
import { StoreInspector } from '../../../platform/storage/store-inspector';
import { ownVersion } from '../../../platform/version';
import { dateOf } from '../../../protocols/login/shown-date';
import { AuditReader } from '../../audit/audit-reader';
import { SecurityReports } from '../../audit/security-report';
import type { SecurityReport } from '../../audit/security-report.schemas';
import { AdminOperators } from '../operators';
import { mostPerPage } from '../page-answer';
import { consolePath } from './console-access';
import { labelOf } from './form-fields';

const [minute, day] = [60_000, 86_400_000];
/** An operator who ends within this time is shown. */
const soon = 14 * day;

interface Attention {
  readonly text: string;
  readonly href: string;
}

export interface OverviewView {
  readonly version: string;
  readonly storeMs: number;
  readonly since: string;
  readonly totals: SecurityReport['totals'];
  readonly attention: readonly Attention[];
}

/** What the first page shows: how the service is, and what somebody should look at. */
@Injectable()
export class Overview {
  private readonly version = ownVersion();
  private last: { readonly until: number; readonly report: Promise<SecurityReport> } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly inspector: StoreInspector,
    private readonly reports: SecurityReports,
    private readonly reader: AuditReader,
    private readonly operators: AdminOperators,
  ) {}

  /** Throws: StoreUnavailableError. */
  async of(by: Acting): Promise<OverviewView> {
    const begun = performance.now();
    await this.inspector.ping();
    const storeMs = Math.ceil(performance.now() - begun);
    const report = await this.report();
    const attention = [
      ...(includesRole(by.role, 'auditor') ? await this.ofAuditors(report) : []),
      ...(by.role === 'admin' ? await this.ofAdmins() : []),
    ];
    const { totals, since } = report;
    return { version: this.version, storeMs, since: dateOf(Date.parse(since)), totals, attention };
  }

  /** At most a minute old: it reads the trail. */
  private async report(): Promise<SecurityReport> {
    const now = this.clock.now();
    if (this.last === undefined || this.last.until < now) {
      const report = this.reports.report(now - day);
      this.last = { until: now + minute, report };
      report.catch(() => (this.last = undefined));
    }
    return this.last.report;
  }

  private async ofAuditors({ findings }: SecurityReport): Promise<Attention[]> {
    const since = this.clock.now() - 7 * day;
    const { items } = await this.reader.page({ type: 'passkey_suspected', since }, 10);
    const suspected = new Set(items.flatMap(({ sub }) => sub ?? []));
    return [
      ...findings.map(({ name, count }) => ({ text: `${labelOf(name)}: ${count}`, href: `${consolePath}/audit` })),
      ...[...suspected].map((sub) => ({
        text: 'A passkey may have been copied',
        href: `${consolePath}/users/${encodeURIComponent(sub)}`,
      })),
    ];
  }

  private async ofAdmins(): Promise<Attention[]> {
    const { data } = await this.operators.page({ limit: mostPerPage });
    const href = `${consolePath}/operators`;
    const seconds = this.clock.now() / 1_000;
    const enabled = data.filter(({ disabled, expires_at: end = Infinity }) => !disabled && end > seconds);
    const ending = enabled.filter(({ expires_at: end = Infinity }) => end < seconds + soon / 1_000);
    const hasAdmin = enabled.some(({ role }) => role === 'admin');
    return [
      ...(hasAdmin ? [] : [{ text: 'There is no operator with the role admin yet', href }]),
      ...ending.map(({ name, expires_at: end = 0 }) => ({ text: `${name} ends on ${dateOf(end * 1_000)}`, href })),
    ];
  }
}
