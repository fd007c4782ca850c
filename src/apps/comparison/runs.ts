import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { newId } from '../../domain/credentials/secret';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { LOGGER } from '../../platform/logger';
import { ComparisonError } from './comparison-error';
import type { Run, RunEvent } from './run';
import { runClientPrefix, runOf } from './run-clients';
import type { RunRequest } from './run-request';
import { RunStore } from './run-store';
import { Runner } from './runner';

const atOnce = 4;
const keptMs = 3_600_000;
/** Milliseconds after which a run is stopped; it normally takes a few seconds. */
const stoppedAfterMs = 45_000;
/** Later than the stop, so that a stopped run can still clean up and report. */
const lostAfterMs = 60_000;
const retryAfterSeconds = '5';

/** Starts runs and stores their events for every worker. */
@Injectable()
export class Runs implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly store: RunStore,
    private readonly clients: ClientStore,
    private readonly runner: Runner,
  ) {}

  /** Starts a run in the background and returns it. Throws: ComparisonError runs_at_limit. */
  async start({ models, attacks }: RunRequest): Promise<Run> {
    const createdAt = this.clock.now();
    const run: Run = {
      id: newId(),
      models,
      attacks,
      createdAt,
      expiresAt: createdAt + keptMs,
      deadline: createdAt + lostAfterMs,
      events: [],
    };
    if (!(await this.store.begin(run, atOnce))) {
      throw new ComparisonError('runs_at_limit', { headers: { 'retry-after': retryAfterSeconds } });
    }
    const going = this.make(run).finally(() => this.underWay.delete(going));
    this.underWay.add(going);
    return run;
  }

  /** Throws: ComparisonError run_unknown. */
  async find(id: string): Promise<Run> {
    const run = await this.store.find(id, this.clock.now());
    if (run === undefined) throw new ComparisonError('run_unknown');
    return run;
  }

  /** Aborted when the service stops, which ends every wait for a run's next event. */
  get stopping(): AbortSignal {
    return this.closing.signal;
  }

  /** Stops the current runs and lets them clean up while the store is open. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort(new Error('The server is stopping'));
    await Promise.all(this.underWay);
  }

  private async make(run: Run): Promise<void> {
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(stoppedAfterMs)]);
    // Stored in order, without making the run wait for the disk.
    let stored: Promise<void> = Promise.resolve();
    const emit = async (event: RunEvent) => {
      stored = stored.then(() => this.store.append(run.id, event));
      stored.catch(() => {});
    };
    try {
      await this.removeLostClients();
      await this.runner.run(run, emit, signal);
      await stored;
    } catch (error) {
      // Its reader gets nothing more: at its deadline the run counts as lost.
      this.logger.error({ err: error, runId: run.id }, 'a comparison run was lost');
    } finally {
      await this.store.end(run.id).catch(() => {});
    }
  }

  /** A killed process could not remove its run's clients. */
  private async removeLostClients(): Promise<void> {
    const now = this.clock.now();
    for (const { clientId } of await this.clients.list(runClientPrefix)) {
      const id = runOf(clientId);
      if (id === undefined) continue;
      const run = await this.store.find(id, now);
      if (run === undefined || run.deadline < now) await this.clients.remove(clientId);
    }
  }
}
