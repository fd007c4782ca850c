import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { LOGGER, redactionsOf } from '../../platform/logger';
import { KeyRing } from '../../domain/tokens/key-ring';
import { ownVersion } from '../../platform/version';
import { counter, gauge, type MetricFamily, type Series } from './metrics-families';
import { MetricSources } from './metrics-sources';

/** Milliseconds between two looks at the event loop; the delay is how much later a look comes. */
const lookEveryMs = 20;
/** Milliseconds for which delays are collected; callers within that time get the same values. */
const delaysOfMs = 10_000;
const percentiles = [50, 90, 99, 100];

/** Metrics of this process besides the logins. */
@Injectable()
export class ProcessMetrics implements OnModuleInit, OnApplicationShutdown {
  private readonly delays: IntervalHistogram = monitorEventLoopDelay({ resolution: lookEveryMs });
  private measured: readonly Series[] = [];
  private measuredAt = 0;
  private readonly version = ownVersion();

  constructor(
    sources: MetricSources,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly keys: KeyRing,
  ) {
    sources.addOwn(() => this.own());
    sources.addShared(() => this.ofKeys());
  }

  onModuleInit(): void {
    this.delays.enable();
  }

  onApplicationShutdown(): void {
    this.delays.disable();
  }

  private own(): MetricFamily[] {
    const store = this.config.mongodbUri === undefined ? 'lmdb' : 'mongodb';
    const redactions = redactionsOf(this.logger);
    return [
      gauge('tessera_build_info', 'The version that runs: always 1', [
        [{ version: this.version, node: process.versions.node, store }, 1],
      ]),
      gauge('tessera_workers', 'Processes that serve', [[{}, 1]], 'sum'),
      gauge(
        'tessera_event_loop_delay_seconds',
        'How late the event loop came to what was due, of the last ten seconds and of the slowest worker',
        this.eventLoopDelays(),
      ),
      counter(
        'tessera_redactions_total',
        'Credential-like texts that were kept out of the log, by who made them: text of ours, or what a caller sent',
        (['own', 'caller'] as const).map((source): Series => [{ source }, redactions[source]]),
      ),
    ];
  }

  /** The oldest key in each state. */
  private ofKeys(): MetricFamily[] {
    const now = this.clock.now() / 1000;
    const ages = new Map<string, Series>();
    for (const { alg, state, not_before: notBefore } of this.keys.known()) {
      const [, oldest = 0] = ages.get(`${alg} ${state}`) ?? [];
      ages.set(`${alg} ${state}`, [{ alg, state }, Math.max(oldest, now - notBefore, 0)]);
    }
    const help = 'Time since a signing key began to sign, by algorithm and state; of several the oldest';
    return [gauge('tessera_signing_key_age_seconds', help, ages.values())];
  }

  private eventLoopDelays(): readonly Series[] {
    const now = performance.now();
    if (this.measured.length > 0 && now - this.measuredAt < delaysOfMs) return this.measured;
    const seconds = (percentile: number) => {
      const nanoseconds = percentile === 100 ? this.delays.max : this.delays.percentile(percentile);
      return Math.max(0, (nanoseconds - lookEveryMs * 1e6) / 1e9);
    };
    const isEmpty = this.delays.count === 0;
    // Not `quantile`, which is reserved for summaries. Source: Prometheus, Exposition formats.
    this.measured = percentiles.map((each) => [{ percentile: String(each) }, isEmpty ? 0 : seconds(each)]);
    this.measuredAt = now;
    this.delays.reset();
    return this.measured;
  }
}
