import cluster, { type Worker } from 'node:cluster';
import * as z from 'zod';
import { answer, ask, nothing, type Question } from '../../../platform/workers/worker-channel';
import { Ring, type RingReading, type Sample, sampleEveryMs } from './ring';

const sample = z.custom<Sample>(isObject);
const asked = z.object({ since: z.number(), atMost: z.number(), latest: sample.optional() });

/** Of the primary to a worker, which sums over all. */
export const sampleNow: Question<undefined, Sample> = {
  name: 'history-sample',
  asked: nothing,
  answer: sample,
  withinMs: sampleEveryMs,
};

/** Of a worker to the primary: as {@link Ring.read}. */
export const readHistory: Question<z.infer<typeof asked>, RingReading> = {
  name: 'history-read',
  asked,
  answer: z.custom<RingReading>(isObject),
  withinMs: 2_000,
};

/** In the primary: keeps the samples of all workers, so that each can show them and none takes them away by its end. */
export function keepSamples(): void {
  const ring = new Ring();
  const serving = new Set<Worker>();
  const take = (worker: Worker | undefined) => {
    // Without an answer of the others there is no sample: their part would look like a counter that fell.
    if (worker !== undefined) ask(sampleNow, undefined, worker).then(ring.add.bind(ring), () => {});
  };
  setInterval(() => take([...serving].find((each) => each.isConnected())), sampleEveryMs).unref();
  cluster.on('listening', (worker) => {
    if (serving.size === 0) take(worker);
    serving.add(worker);
  });
  cluster.on('exit', (worker) => serving.delete(worker));
  answer(readHistory, ({ since, atMost, latest }) => ring.read(since, atMost, latest));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
