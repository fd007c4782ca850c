import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Clock } from '../../platform/clock';
import type { Actor } from '../../domain/events/actor';
import type { ServiceEvent } from '../../domain/events/event';
import { LOGGER } from '../../platform/logger';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { AuditEvent } from './audit-event';
import { AuditSeals } from './audit-seals';
import { AuditStore } from './audit-store';
import { CommandEvents } from './command-events';
import { EventIds } from './event-id';
import { isSecurityEvent } from './event-kinds';
import { EventQueue, happenedIn } from './event-queue';
import { type Aggregate, Aggregation, type Caused } from './aggregation';
import { type Occasion, toAuditEvents } from './to-audit-event';

const flushEveryMs = 1_000;
/** Attempts until a batch is dropped that an available store refuses. */
const attempts = 3;
/** Milliseconds that a stopping process keeps trying. */
const closeWithinMs = 3_000;
const closeRetryMs = 300;

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
  private readonly aggregation = new Aggregation();
  /** Writes run outside the context of the request that happens to be last, also for tracing. */
  private readonly outside = AsyncLocalStorage.snapshot();
  private readonly queues = { security: new EventQueue(), others: new EventQueue() };
  private failures = 0;
  private opened = false;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly store: AuditStore,
    private readonly seals: AuditSeals,
  ) {}

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

  /** For the events of a command line, and who runs it. */
  ofCommand(actor: Actor): CommandEvents {
    return new CommandEvents(
      (event, earlier) => {
        this.counts.events += 1;
        const recorded = toAuditEvents([event], { actor, earlier }, this.clock.now(), this.nextId);
        for (const each of recorded) this.enqueue(each, true);
        this.flushLater();
      },
      (changes) => this.announce(changes, { actor }),
    );
  }

  /** Stores the events of a change before it is made. Throws: StoreUnavailableError, and then they are not recorded. */
  async announce(changes: readonly ServiceEvent[], occasion: Occasion): Promise<void> {
    if (!this.opened) throw new StoreUnavailableError('not opened yet');
    const recorded = toAuditEvents(changes, occasion, this.clock.now(), this.nextId);
    try {
      await this.outside(() => this.store.append(recorded, true));
    } catch (cause) {
      throw cause instanceof StoreUnavailableError ? cause : new StoreUnavailableError(cause);
    }
    this.counts.events += recorded.length;
  }

  /** The events that are counted together until their minute is over. */
  get growing(): Aggregate['event'][] {
    return this.aggregation.current().map(({ event }) => event);
  }

  /** Resolves when everything recorded so far is in the store, except {@link growing}. Throws: StoreUnavailableError. */
  async flush(): Promise<void> {
    if (!this.opened) return;
    // A write under way may have begun before the last events.
    await this.writing;
    await this.write();
  }

  /** Writes what is left, and seals it; it is lost if the store does not take it in time. */
  async close(): Promise<void> {
    const deadline = performance.now() + closeWithinMs;
    // An unavailable store may take longer to fail than there is time.
    const inTime = async (work: Promise<unknown>) =>
      Promise.race([work, delay(deadline - performance.now(), undefined, { ref: false })]);
    this.enqueueAggregates(Number.POSITIVE_INFINITY);
    while (this.opened && this.isWaiting && performance.now() < deadline)
      await inTime(this.flush().catch(() => delay(closeRetryMs)));
    if (this.opened && performance.now() < deadline) await inTime(this.seals.end().catch(() => {}));
    this.opened = false;
    clearTimeout(this.timer);
    if (this.isWaiting) this.giveUp(undefined, 'all');
  }

  private get isWaiting(): boolean {
    return this.queues.security.waiting + this.queues.others.waiting > 0 || this.aggregation.isWaiting;
  }

  private enqueue(event: AuditEvent, administration: boolean): void {
    this.enqueueIn(isSecurityEvent(event, administration) ? 'security' : 'others', event);
  }

  /** Those whose minute is over at this time. */
  private enqueueAggregates(now: number): void {
    for (const { event, reserved } of this.aggregation.take(now))
      this.enqueueIn(reserved ? 'security' : 'others', event);
  }

  private enqueueIn(space: 'security' | 'others', event: AuditEvent): void {
    if (!this.queues[space].enqueue(event)) this.counts.lost += happenedIn(event);
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
        if (this.aggregation.isWaiting) this.flushLater();
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
    this.enqueueAggregates(this.clock.now());
    await this.queues.security.write((events) => this.store.append(events, true));
    await this.queues.others.write((events) => this.store.append(events));
  }

  /** Drops the failed batch, or everything that waits. */
  private giveUp(cause: unknown, what: 'batch' | 'all' = 'batch'): void {
    const { security, others } = this.queues;
    const events = security.giveUp(what) + others.giveUp(what);
    this.failures = 0;
    this.counts.lost += events;
    this.logger.error({ events, ...(cause instanceof Error && { err: cause }) }, 'audit events were lost');
  }
}
