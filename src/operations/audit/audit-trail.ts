import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { ServiceEvent } from '../../domain/events/event';
import { Events } from '../../domain/events/events';
import { LOGGER } from '../../platform/logger';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { AuditEvent } from './audit-event';
import { type AuditAggregate, AuditStore } from './audit-store';
import { EventIds } from './event-id';
import { isSecurityEvent } from './event-kinds';
import { EventQueue } from './event-queue';
import { type Caused, Aggregation } from './aggregation';
import { type Occasion, toAuditEvents } from './to-audit-event';

const flushEveryMs = 1_000;
/** Per write: after an outage no database could take all waiting ones in time. */
const aggregatesAtOnce = 500;
/** Attempts until a batch is dropped that an available store refuses. */
const attempts = 3;
/** Milliseconds that a stopping process keeps trying. */
const closeWithinMs = 3_000;
const closeRetryMs = 300;
const dayMs = 86_400_000;

/** A request, as far as its events have it in common. */
export interface AuditedRequest extends Occasion, Caused {}

/**
 * Records what happened. Events wait in memory and are written in batches, once a second or when there are many, so that no
 * login waits. While the store is unavailable they are kept as far as there is room, and lost ones are counted. Security events
 * have their own queue, so that others cannot take their room.
 */
@Injectable()
export class AuditTrail {
  /** Since the process started: recorded events including aggregated ones, and lost ones. */
  readonly counts = { events: 0, lost: 0 };
  private readonly ids = new EventIds();
  private readonly nextId = (time: number) => this.ids.next(time);
  private readonly aggregation = new Aggregation((events) => {
    this.counts.lost += events;
  });
  /** Writes run outside the context of the request that happens to be last, also for tracing. */
  private readonly outside = AsyncLocalStorage.snapshot();
  private readonly retentionMs: number;
  private readonly queues = { security: new EventQueue(), others: new EventQueue() };
  private failures = 0;
  private opened = false;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) { auditRetentionDays }: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly store: AuditStore,
  ) {
    this.retentionMs = auditRetentionDays * dayMs;
  }

  /** Begins writing. Before this, the store may turn out to belong to others, and nothing may be written. */
  open(): void {
    this.opened = true;
    this.flushLater();
  }

  /** Records the events of a request. */
  record(events: readonly ServiceEvent[], request: AuditedRequest): void {
    const now = this.clock.now();
    const recorded = toAuditEvents(events, request, now, this.nextId);
    this.counts.events += recorded.length;
    for (const event of this.aggregation.rest(recorded, request, now)) {
      this.enqueue(event, request.administration === true);
    }
    const { security, others } = this.queues;
    const isMuch = security.hasBatch || others.hasBatch;
    if (isMuch && this.writing === undefined && this.failures === 0) this.flushUnheard();
    else this.flushLater();
  }

  /** For the events of a command line. */
  ofCommand(): Events {
    return new CommandEvents((event) => {
      this.counts.events += 1;
      for (const recorded of toAuditEvents([event], {}, this.clock.now(), this.nextId)) this.enqueue(recorded, true);
      this.flushLater();
    });
  }

  /** Resolves when everything recorded so far is in the store. Throws: StoreUnavailableError. */
  async flush(): Promise<void> {
    if (!this.opened) return;
    // A write under way may have begun before the last events.
    await this.writing;
    await this.write();
  }

  /** Writes what is left; it is lost if the store does not take it in time. */
  async close(): Promise<void> {
    const deadline = performance.now() + closeWithinMs;
    for (let left = closeWithinMs; this.opened && this.isWaiting && left > 0; left = deadline - performance.now()) {
      // An unavailable store may take longer to fail than there is time.
      await Promise.race([this.flush().catch(() => delay(closeRetryMs)), delay(left, undefined, { ref: false })]);
    }
    this.opened = false;
    clearTimeout(this.timer);
    if (this.isWaiting) this.giveUp(undefined, 'all');
  }

  private get isWaiting(): boolean {
    return this.queues.security.waiting + this.queues.others.waiting > 0 || this.aggregation.isWaiting;
  }

  private enqueue(event: AuditEvent, administration: boolean): void {
    const queue = isSecurityEvent(event, administration) ? this.queues.security : this.queues.others;
    if (!queue.enqueue(event)) this.counts.lost += 1;
  }

  private flushLater(): void {
    if (!this.opened) return;
    this.timer ??= setTimeout(() => this.flushUnheard(), flushEveryMs).unref();
  }

  private flushUnheard(): void {
    // A failed write is retried; see write.
    this.write().catch(() => {});
  }

  private write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing ??= this.outside(() => this.writeHeld()).then(
      () => {
        this.writing = undefined;
        this.failures = 0;
      },
      (error: unknown) => {
        this.writing = undefined;
        this.failures += 1;
        // Only when the store is available: it will never take this batch, which must not block the rest.
        if (!(error instanceof StoreUnavailableError) && this.failures >= attempts) this.giveUp(error);
        this.flushLater();
        throw error;
      },
    );
    return this.writing;
  }

  private async writeHeld(): Promise<void> {
    await this.queues.security.write((events) => this.store.append(events, this.retentionMs, true));
    await this.writeAggregates();
    await this.queues.others.write((events) => this.store.append(events, this.retentionMs));
  }

  private async writeAggregates(): Promise<void> {
    let aggregates = this.aggregation.take();
    try {
      for (; aggregates.length > 0; aggregates = aggregates.slice(aggregatesAtOnce))
        await this.store.aggregate(aggregates.slice(0, aggregatesAtOnce), this.retentionMs);
    } catch (error) {
      this.aggregation.giveBack(aggregates);
      throw error;
    }
  }

  /** Drops the failed batch, or everything that waits. */
  private giveUp(cause: unknown, what: 'batch' | 'all' = 'batch'): void {
    const { security, others } = this.queues;
    const events = security.giveUp(what) + others.giveUp(what) + sumOf(this.aggregation.take());
    this.failures = 0;
    this.counts.lost += events;
    this.logger.error({ events, ...(cause instanceof Error && { err: cause }) }, 'audit events were lost');
  }
}

/** A command knows from the start whom it is about, and is never refused by an event. */
class CommandEvents extends Events {
  constructor(private readonly record: (event: ServiceEvent) => void) {
    super();
  }

  override emit(event: ServiceEvent): void {
    this.record(event);
  }

  override concern(): void {}
}

function sumOf(aggregates: readonly AuditAggregate[]): number {
  return aggregates.reduce((sum, { count }) => sum + count, 0);
}
