import cluster, { type Worker } from 'node:cluster';
import * as z from 'zod';
import { merged, type MetricFamily } from './metrics-families';

type Snapshot = readonly MetricFamily[];

/** How long the primary waits for a worker; one that is just ending is left out of the sum. */
const answerWithinMs = 1_000;
/** Longer than the primary waits, so that its answer arrives first. */
const sumWithinMs = 2 * answerWithinMs;

const collect = z.object({ tessera: z.literal('metrics-collect'), id: z.number() });
const ask = z.object({ tessera: z.literal('metrics-ask'), id: z.string() });
const snapshot = z.object({ tessera: z.literal('metrics-snapshot'), id: z.string(), snapshot: z.custom<Snapshot>() });
const collected = z.object({
  tessera: z.literal('metrics-collected'),
  id: z.number(),
  snapshots: z.array(z.custom<Snapshot>()),
});

/** In a worker: hands out its own figures when the primary asks, and gets those of all. Alone, it answers with its own. */
export class WorkerSnapshots {
  private readonly waiting = new Map<number, (snapshots: Snapshot[]) => void>();
  private asked = 0;

  constructor(private readonly own: () => Promise<Snapshot>) {
    if (!cluster.isWorker) return;
    // The channel is open for as long as the process lives anyway, so the listener needs no removal.
    process.on('message', (message) => void this.receive(message));
  }

  /** The figures of all workers, as those of one. */
  async sum(): Promise<MetricFamily[]> {
    return merged(cluster.isWorker ? await this.ofAll() : [await this.own()]);
  }

  private async ofAll(): Promise<Snapshot[]> {
    this.asked += 1;
    const id = this.asked;
    const answered = new Promise<Snapshot[]>((resolve) => this.waiting.set(id, resolve));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), sumWithinMs);
    });
    tellPrimary({ tessera: 'metrics-collect', id });
    const snapshots = await Promise.race([answered, late]);
    clearTimeout(timer);
    this.waiting.delete(id);
    // Without an answer of the primary its own figures would look like a counter that fell: no answer is better.
    if (snapshots === undefined) throw new Error('The primary process did not answer');
    return snapshots;
  }

  private async receive(message: unknown): Promise<void> {
    const question = ask.safeParse(message).data;
    if (question !== undefined) {
      tellPrimary({ tessera: 'metrics-snapshot', id: question.id, snapshot: await this.own() });
      return;
    }
    const answer = collected.safeParse(message).data;
    if (answer !== undefined) this.waiting.get(answer.id)?.(answer.snapshots);
  }
}

/** In the primary: lets every worker answer for all. */
export function relayMetrics(): void {
  const open = new Map<string, { expected: Set<number>; snapshots: Snapshot[]; finish: () => void }>();
  const latest = new Map<number, Snapshot>();
  // What workers that ended had counted when last asked: without it a counter would fall when one is replaced.
  let ended: Snapshot = [];

  const begin = (asking: Worker, id: number): void => {
    const key = `${asking.id}:${id}`;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true);
    const expected = new Set(workers.map((worker) => worker?.id ?? 0));
    const snapshots: Snapshot[] = [];
    const finish = () => {
      clearTimeout(timer);
      open.delete(key);
      if (asking.isConnected()) asking.send({ tessera: 'metrics-collected', id, snapshots: [ended, ...snapshots] });
    };
    const timer = setTimeout(finish, answerWithinMs);
    open.set(key, { expected, snapshots, finish });
    for (const worker of workers) worker?.send({ tessera: 'metrics-ask', id: key });
  };

  cluster.on('message', (worker, message) => {
    const question = collect.safeParse(message).data;
    if (question !== undefined) return begin(worker, question.id);
    const answer = snapshot.safeParse(message).data;
    const request = open.get(answer?.id ?? '');
    if (answer === undefined || request === undefined || !request.expected.delete(worker.id)) return undefined;
    request.snapshots.push(answer.snapshot);
    latest.set(worker.id, answer.snapshot);
    if (request.expected.size === 0) request.finish();
    return undefined;
  });
  cluster.on('exit', ({ id }) => {
    const last = latest.get(id);
    latest.delete(id);
    // Not what it was: of a process that is no more, a gauge says nothing.
    if (last !== undefined) ended = merged([ended, last.filter(({ type }) => type !== 'gauge')]);
  });
}

/** With a callback, because without one a primary that is gone would be an error that ends this process by exit(). */
function tellPrimary(message: object): void {
  process.send?.(message, () => {});
}
