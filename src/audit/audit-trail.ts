import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import type { ServiceEvent } from '../events/event';
import { Events } from '../events/events';
import type { ClientAddress } from '../http/client-address';
import { LOGGER } from '../logger';
import { StoreUnavailableError } from '../storage/store-unavailable.error';
import type { AuditEvent } from './audit-event';
import { type AuditFold, AuditStore } from './audit-store';
import { EventIds } from './event-id';
import { Folding } from './folding';
import { type Occasion, toldEvents } from './told-event';

/** So many events wait for the store at most: about 5 MB. */
const heldAtMost = 10_000;
const flushEveryMs = 1_000;
const batchSize = 500;
/** What the store refuses, although it is there, is given up after so many attempts. */
const attempts = 3;
/** How long an ending process goes on trying. */
const closeWithinMs = 3_000;
const closeRetryMs = 300;
const dayMs = 86_400_000;

/** A request, as far as all of its events have it in common. */
export interface AuditedRequest extends Occasion {
  readonly client: ClientAddress;
  /** Whether a rate limit refused it. */
  readonly overLimit: boolean;
}

/**
 * Keeps what happened. Events wait in memory and are written in batches, once a second or when there are many, so that
 * nothing waits for them; when the store is away they wait for it, as many as there is room for. Those that are lost are counted.
 */
@Injectable()
export class AuditTrail {
  /** Since the process began: how many events were told, those that were folded among them, and how many of them were lost. */
  readonly counts = { events: 0, lost: 0 };
  private readonly ids = new EventIds();
  private readonly nextId = (time: number) => this.ids.next(time);
  private readonly folding = new Folding();
  /** What is written is no part of the request that was told last, also to who traces it. */
  private readonly outside = AsyncLocalStorage.snapshot();
  private readonly retentionMs: number;
  private held: AuditEvent[] = [];
  /** Being written; a retry is of the same events, because the store may have them already. */
  private batch: readonly AuditEvent[] = [];
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

  /** Tells what happened in a request that has been answered. */
  hear(events: readonly ServiceEvent[], request: AuditedRequest): void {
    const now = this.clock.now();
    for (const event of toldEvents(events, request, now, this.nextId)) {
      this.counts.events += 1;
      if (!this.folding.takes(event, request.client, request.overLimit, now)) this.hold(event);
    }
    if (this.held.length >= batchSize && this.writing === undefined && this.failures === 0) this.flushUnheard();
    else this.flushLater();
  }

  /** Where a command line says what it does. */
  ofCommand(): Events {
    return new CommandEvents((event) => {
      this.counts.events += 1;
      for (const told of toldEvents([event], {}, this.clock.now(), this.nextId)) this.hold(told);
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
    const left = this.held.length;
    this.held = [];
    if (left > 0 || this.isWaiting) this.giveUp(undefined, left);
  }

  private get isWaiting(): boolean {
    return this.held.length + this.batch.length > 0 || this.folding.isWaiting;
  }

  private hold(event: AuditEvent): void {
    if (this.held.length + this.batch.length < heldAtMost) this.held.push(event);
    else this.counts.lost += 1;
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
    const folds = this.folding.take();
    try {
      if (folds.length > 0) await this.store.fold(folds, this.retentionMs);
    } catch (error) {
      this.folding.giveBack(folds);
      throw error;
    }
    // What is told meanwhile is for the next time.
    for (let left = this.held.length + this.batch.length; left > 0; left -= batchSize) {
      if (this.batch.length === 0) this.batch = this.held.splice(0, batchSize);
      // Given up meanwhile, because the process ends.
      if (this.batch.length === 0) return;
      await this.store.append(this.batch, this.retentionMs);
      this.batch = [];
    }
  }

  /** What could not be written is lost, and `more`. */
  private giveUp(cause: unknown, more = 0): void {
    const events = this.batch.length + sumOf(this.folding.take()) + more;
    this.batch = [];
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

function sumOf(folds: readonly AuditFold[]): number {
  return folds.reduce((sum, { count }) => sum + count, 0);
}
