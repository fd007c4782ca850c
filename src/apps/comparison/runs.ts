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
/** A run takes a few seconds; past this it is stopped. */
const stoppedAfterMs = 45_000;
/** Later than the stop, so that a run that was stopped can still clean up and say so. */
const lostAfterMs = 60_000;
const retryAfterSeconds = '5';

/** Starts runs and keeps what they tell, for every worker to read. */
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

  /** Begins a run, which goes on by itself, and returns it. Throws: ComparisonError runs_at_limit. */
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

  /** Aborted when the service stops: whoever waits for a run's next event ends then. */
  get stopping(): AbortSignal {
    return this.closing.signal;
  }

  /** Stops the runs under way and lets them clean up while the store is open. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort(new Error('The server is stopping'));
    await Promise.all(this.underWay);
  }

  private async make(run: Run): Promise<void> {
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(stoppedAfterMs)]);
    // Told in order, without making the run wait for the disk.
    let told: Promise<void> = Promise.resolve();
    const tell = async (event: RunEvent) => {
      told = told.then(() => this.store.append(run.id, event));
      told.catch(() => {});
    };
    try {
      await this.removeLostClients();
      await this.runner.run(run, tell, signal);
      await told;
    } catch (error) {
      // Nothing can be told to its reader any more: at its deadline the run counts as lost.
      this.logger.error({ err: error, runId: run.id }, 'a comparison run was lost');
    } finally {
      await this.store.end(run.id).catch(() => {});
    }
  }

  /** A process that was killed could not remove its run's clients. */
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
