import cluster, { type Worker } from 'node:cluster';
import * as z from 'zod';
import { Ring, type RingReading, type Sample, sampleEveryMs } from './ring';

/** A worker whose primary does not answer shows no history: it is ending. */
const answerWithinMs = 2_000;

const takeMessage = z.object({ tessera: z.literal('dashboard-take') });
const takenMessage = z.object({ tessera: z.literal('dashboard-taken'), sample: z.custom<Sample>() });
const askMessage = z.object({
  tessera: z.literal('dashboard-ask'),
  id: z.number(),
  since: z.number(),
  atMost: z.number(),
  latest: z.custom<Sample>().optional(),
});
const answerMessage = z.object({
  tessera: z.literal('dashboard-answer'),
  id: z.number(),
  reading: z.custom<RingReading>(),
});

/** In the primary: keeps the samples of all workers, so that each can show them and none takes them away by its end. */
export function keepSamples(): void {
  const ring = new Ring();
  const serving = new Set<Worker>();
  const timer = setInterval(() => {
    // One of them sums over all.
    const worker = [...serving].find((each) => each.isConnected());
    worker?.send({ tessera: 'dashboard-take' });
  }, sampleEveryMs);
  timer.unref();
  cluster.on('listening', (worker) => {
    if (serving.size === 0) worker.send({ tessera: 'dashboard-take' });
    serving.add(worker);
  });
  cluster.on('exit', (worker) => serving.delete(worker));
  cluster.on('message', (worker, message) => {
    const taken = takenMessage.safeParse(message).data;
    if (taken !== undefined) return ring.add(taken.sample);
    const asked = askMessage.safeParse(message).data;
    if (asked === undefined || !worker.isConnected()) return undefined;
    const reading = ring.read(asked.since, asked.atMost, asked.latest);
    worker.send({ tessera: 'dashboard-answer', id: asked.id, reading });
    return undefined;
  });
}

/** In a worker: takes a sample when the primary asks for one, and asks it for all. */
export class PrimaryRing {
  private readonly waiting = new Map<number, (reading: RingReading) => void>();
  private asked = 0;

  constructor(private readonly take: () => Promise<Sample>) {
    // The channel is open for as long as the process lives anyway, so the listener needs no removal.
    process.on('message', (message) => this.receive(message));
  }

  /** As {@link Ring.read}. Rejects when the primary does not answer. */
  async read(since: number, atMost: number, latest?: Sample): Promise<RingReading> {
    this.asked += 1;
    const id = this.asked;
    let timer: NodeJS.Timeout | undefined;
    const answered = new Promise<RingReading>((resolve, reject) => {
      this.waiting.set(id, resolve);
      timer = setTimeout(() => reject(new Error('The primary process did not answer')), answerWithinMs);
    });
    tellPrimary({ tessera: 'dashboard-ask', id, since, atMost, latest });
    return answered.finally(() => {
      clearTimeout(timer);
      this.waiting.delete(id);
    });
  }

  private receive(message: unknown): void {
    if (takeMessage.safeParse(message).success) {
      // Without an answer of the others there is no sample: their part would look like a counter that fell.
      this.take().then(
        (sample) => tellPrimary({ tessera: 'dashboard-taken', sample }),
        () => {},
      );
      return;
    }
    const answer = answerMessage.safeParse(message).data;
    if (answer !== undefined) this.waiting.get(answer.id)?.(answer.reading);
  }
}

/** With a callback, because without one a primary that is gone would be an error that ends this process by exit(). */
function tellPrimary(message: object): void {
  process.send?.(message, () => {});
}
