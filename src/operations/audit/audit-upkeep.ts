import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { LOGGER } from '../../platform/logger';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import { AuditStore } from './audit-store';

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
/** Milliseconds that an IP address is kept whole. */
const wholeAddressesMs = 7 * day;
const megabyte = 1_048_576;

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
  ) {}

  /** Begins the upkeep of a store that is ours, now and at intervals. */
  begin(): void {
    this.timers = [
      setInterval(() => this.work(() => this.boundSize()), minute).unref(),
      setInterval(() => this.work(() => this.boundAge()), hour).unref(),
    ];
    this.work(() => this.boundAge());
  }

  /** Removes and counts the oldest events of a trail that is too large. */
  async boundSize(): Promise<void> {
    const { security, other } = await this.store.trim(this.config.auditMaxMb * megabyte);
    this.trimmed.security += security;
    this.trimmed.other += other;
  }

  /** Truncates IP addresses, and applies a retention that was shortened. */
  async boundAge(): Promise<void> {
    const now = this.clock.now();
    await this.store.removeBefore(now - this.config.auditRetentionDays * day);
    await this.store.truncateAddresses(now - wholeAddressesMs);
  }

  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.working;
  }

  /** A failure is repaired by the next run. */
  private work(work: () => Promise<void>): void {
    this.working = this.working.then(work).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailableError))
        this.logger.error({ err: error }, 'the audit trail was not kept up');
    });
  }
}
