import cluster from 'node:cluster';
import * as z from 'zod';
import { answer, ask, nothing, type Question } from '../../platform/workers/worker-channel';
import { aggregated, type Labels, type MetricFamily } from './metrics-families';

/** The latest sampled trace of a series of `tessera_login_requests_total`. */
export interface Traced {
  readonly labels: Labels;
  readonly traceId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** A worker's counts. Traces are separate from the families, because prom-client's aggregation drops exemplars. */
export interface Snapshot {
  readonly families: readonly MetricFamily[];
  readonly traces: readonly Traced[];
}

const snapshot = z.custom<Snapshot>((value) => typeof value === 'object' && value !== null);

/** A worker that is just ending is left out of the sum. */
const ofOne: Question<undefined, Snapshot> = { name: 'metrics-own', asked: nothing, answer: snapshot, withinMs: 1_000 };
/** Longer than the primary waits for each worker, so that its answer comes first. */
const ofAll: Question<undefined, Snapshot[]> = {
  name: 'metrics-all',
  asked: nothing,
  answer: z.array(snapshot),
  withinMs: 2_000,
};

/** In a worker: sends its own metrics to the primary and gets those of all. Without a primary, it answers with its own. */
export class WorkerSnapshots {
  constructor(private readonly own: () => Promise<Snapshot>) {
    if (cluster.isWorker) answer(ofOne, own);
  }

  /**
   * The combined metrics of all workers. Rejects without an answer of the primary: the worker's own would look like a counter
   * that fell.
   */
  async sum(): Promise<Snapshot> {
    return cluster.isWorker ? sumOf(await ask(ofAll, undefined)) : this.own();
  }
}

/** In the primary: lets every worker answer for all. */
export function relayMetrics(): void {
  const latest = new Map<number, Snapshot>();
  // Last known counts of ended workers: without them a counter would fall when a worker is replaced.
  let ended: Snapshot = { families: [], traces: [] };

  answer(ofAll, async () => {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true);
    const answers = workers.map(async (worker): Promise<Snapshot[]> => {
      if (worker === undefined) return [];
      const own = await ask(ofOne, undefined, worker);
      latest.set(worker.id, own);
      return [own];
    });
    const snapshots = await Promise.all(answers.map((each) => each.catch(() => [])));
    return [ended, ...snapshots.flat()];
  });
  cluster.on('exit', ({ id }) => {
    const last = latest.get(id);
    latest.delete(id);
    if (last === undefined) return;
    // Counters only: a gauge of an ended process says nothing.
    ended = sumOf([ended, { ...last, families: last.families.filter(({ type }) => type !== 'gauge') }]);
  });
}

function sumOf(snapshots: readonly Snapshot[]): Snapshot {
  const traces = snapshots.flatMap((each) => each.traces).toSorted((a, b) => a.time - b.time);
  return {
    families: aggregated(snapshots.map(({ families }) => families)),
    traces: [...new Map(traces.map((each) => [JSON.stringify(each.labels), each])).values()],
  };
}
