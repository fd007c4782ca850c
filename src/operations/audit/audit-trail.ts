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
/** Of all that have waited for a store that was away no database would answer in time, each time that they were tried. */
const aggregatesAtOnce = 500;
/** What the store refuses, although it is there, is given up after so many attempts. */
const attempts = 3;
/** How long an ending process goes on trying. */
const closeWithinMs = 3_000;
const closeRetryMs = 300;
const dayMs = 86_400_000;

/** A request, as far as all of its events have it in common. */
export interface AuditedRequest extends Occasion, Caused {}

/**
 * Keeps what happened. Events wait in memory and are written in batches, once a second or when there are many, so that
 * no login waits for them; when the store is away they wait for it, as many as there is room for. Those that are lost are
 * counted. Security events have a queue of their own, so that no others take their room.
 */
@Injectable()
export class AuditTrail {
  /** Since the process began: how many events were told, those that were aggregated among them, and how many of them were lost. */
  readonly counts = { events: 0, lost: 0 };
  private readonly ids = new EventIds();
  private readonly nextId = (time: number) => this.ids.next(time);
  private readonly aggregation = new Aggregation((events) => {
    this.counts.lost += events;
  });
  /** What is written is no part of the request that was told last, also to who traces it. */
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

  /** From now on what is told is written. Before it the store may turn out to be another's, and nothing may be. */
  open(): void {
    this.opened = true;
    this.flushLater();
  }

  /** Tells what happened in a request. */
  record(events: readonly ServiceEvent[], request: AuditedRequest): void {
    const now = this.clock.now();
    const told = toAuditEvents(events, request, now, this.nextId);
    this.counts.events += told.length;
    for (const event of this.aggregation.rest(told, request, now)) this.enqueue(event, request.administration === true);
    const { security, others } = this.queues;
    const isMuch = security.hasBatch || others.hasBatch;
    if (isMuch && this.writing === undefined && this.failures === 0) this.flushUnheard();
    else this.flushLater();
  }

  /** Where a command line says what it does. */
  ofCommand(): Events {
    return new CommandEvents((event) => {
      this.counts.events += 1;
      for (const told of toAuditEvents([event], {}, this.clock.now(), this.nextId)) this.enqueue(told, true);
      this.flushLater();
    });
  }

  /** Resolves when all that has been told until now is in the store. Throws: StoreUnavailableError. */
  async flush(): Promise<void> {
    if (!this.opened) return;
    // One that is under way may have begun before what was told last.
    await this.writing;
    await this.write();
  }

  /** Writes what is left, which is lost if the store does not take it in time. */
  async close(): Promise<void> {
    const deadline = performance.now() + closeWithinMs;
    for (let left = closeWithinMs; this.opened && this.isWaiting && left > 0; left = deadline - performance.now()) {
      // A store that is away may take longer to say so than there is time.
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
    // What fails is tried again; see write.
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
        // Not its being away: what it does not take now it never will, and must not hold up the rest.
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

  /** What could not be written is lost, or all that waits. */
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
  constructor(private readonly tell: (event: ServiceEvent) => void) {
    super();
  }

  override emit(event: ServiceEvent): void {
    this.tell(event);
  }

  override concern(): void {}
}

function sumOf(aggregates: readonly AuditAggregate[]): number {
  return aggregates.reduce((sum, { count }) => sum + count, 0);
}
