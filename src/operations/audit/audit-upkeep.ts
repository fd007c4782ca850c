import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { LOGGER } from '../../platform/logger';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import { AuditSeals } from './audit-seals';
import { AuditStore, type Cuts, type Trimmed } from './audit-store';

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
/** Milliseconds that an IP address is kept whole. */
const wholeAddressesMs = 7 * day;
const megabyte = 1_048_576;
const sealEveryMs = 5 * minute;

/** Keeps the trail within its limits of size and age. Every process of the service does it; repeated work finds nothing left. */
@Injectable()
export class AuditUpkeep implements OnApplicationShutdown {
  /** Events that this process removed before their time. */
  readonly trimmed = { security: 0, other: 0 };
  private timers: readonly NodeJS.Timeout[] = [];
  private working: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly store: AuditStore,
    private readonly seals: AuditSeals,
  ) {}

  /** Begins the upkeep of a store that is ours, now and at intervals. */
  begin(): void {
    this.timers = [
      setInterval(() => this.work(() => this.boundSize()), minute).unref(),
      setInterval(() => this.work(() => this.boundAge()), hour).unref(),
      setInterval(() => this.work(() => this.seals.seal()), sealEveryMs).unref(),
    ];
    this.work(() => this.seals.seal());
    this.work(() => this.boundAge());
  }

  /** Removes and counts the oldest events of a trail that is too large. */
  async boundSize(): Promise<void> {
    const { security, other } = await this.remove(await this.store.cutsForSize(this.config.auditMaxMb * megabyte));
    this.trimmed.security += security;
    this.trimmed.other += other;
  }

  /** Removes old events and their seals, and truncates IP addresses. */
  async boundAge(): Promise<void> {
    const now = this.clock.now();
    await this.remove(await this.store.cutsForAge(now - this.config.auditRetentionDays * day));
    await this.store.truncateAddresses(now - wholeAddressesMs);
    await this.seals.tidy();
  }

  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.working;
  }

  /** What is missing without a seal would be a fault. */
  private async remove(cuts: Cuts): Promise<Trimmed> {
    await this.seals.sealRemoval(cuts);
    return this.store.remove(cuts);
  }

  /** A failure is repaired by the next run. */
  private work(work: () => Promise<void>): void {
    this.working = this.working.then(work).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailableError))
        this.logger.error({ err: error }, 'the audit trail was not kept up');
    });
  }
}
