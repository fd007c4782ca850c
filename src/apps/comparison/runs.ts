import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { newId } from '../../domain/credentials/secret';
import { ClientStore } from '../../domain/clients/client-store';
import { UserStore } from '../../domain/identity/user-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { LOGGER } from '../../platform/logger';
import { ComparisonError } from './comparison-error';
import type { Run, RunEvent } from './run';
import { runClientPrefix, runOf } from './run-clients';
import { runOfPerson } from './run-persons';
import type { RunRequest } from './run-request';
import { RunStore } from './run-store';
import { Runner } from './runner';
import { Twins } from './twins';

const atOnce = 4;
const keptMs = 3_600_000;
/** Milliseconds after which a run is stopped; it normally takes a few seconds. */
const stoppedAfterMs = 45_000;
/** Later than the stop, so that a stopped run can still clean up and report. */
const lostAfterMs = 60_000;
const retryAfterSeconds = '5';
/** Of lost runs, found by their usernames' prefix. */
const personsAtOnce = 20;

/** Starts runs and stores their events for every worker. */
@Injectable()
export class Runs implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly store: RunStore,
    private readonly clients: ClientStore,
    private readonly users: UserStore,
    private readonly runner: Runner,
    private readonly twins: Twins,
  ) {}

  /** Starts a run in the background and returns it. Throws: ComparisonError models_invalid, ablation_unavailable, runs_at_limit. */
  async start({ models, attacks, without }: RunRequest): Promise<Run> {
    if (models.includes('passkey') && this.config.rpId === undefined) throw new ComparisonError('models_invalid');
    if (without.length > 0 && !this.twins.available) throw new ComparisonError('ablation_unavailable');
    const createdAt = this.clock.now();
    const run: Run = {
      id: newId(),
      models,
      attacks,
      ...(without.length > 0 && { without }),
      createdAt,
      expiresAt: createdAt + keptMs,
      deadline: createdAt + lostAfterMs,
      events: [],
    };
    if (!(await this.mayBegin(run))) {
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

  /** Takes a slot, and for a run against a twin the one there is. */
  private async mayBegin(run: Run): Promise<boolean> {
    if (run.without === undefined) return this.store.begin(run, atOnce);
    if (!this.twins.take()) return false;
    const begun = await this.store.begin(run, atOnce).catch((error: unknown) => {
      this.twins.giveBack();
      throw error;
    });
    if (!begun) this.twins.giveBack();
    return begun;
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
      await this.removeLost();
      const { without } = run;
      if (without === undefined) await this.runner.run(run, emit, signal);
      else await this.twins.run({ ...run, without }, emit, signal);
      await stored;
    } catch (error) {
      // Its reader gets nothing more: at its deadline the run counts as lost.
      this.logger.error({ err: error, runId: run.id }, 'a comparison run was lost');
    } finally {
      await this.store.end(run.id).catch(() => {});
    }
  }

  /** A killed process could not remove its run's clients and persons. */
  private async removeLost(): Promise<void> {
    for (const { clientId } of await this.clients.list(runClientPrefix)) {
      if (await this.isLost(runOf(clientId))) await this.clients.remove(clientId);
    }
    for (const { id, username } of await this.users.page(personsAtOnce, runClientPrefix)) {
      if (await this.isLost(runOfPerson(username))) await this.users.remove(id);
    }
  }

  private async isLost(id: string | undefined): Promise<boolean> {
    if (id === undefined) return false;
    const now = this.clock.now();
    const run = await this.store.find(id, now);
    return run === undefined || run.deadline < now;
  }
}
