import cluster, { type Worker } from 'node:cluster';
import * as z from 'zod';
import { answer, ask, nothing, type Question } from '../../../platform/workers/worker-channel';
import { TimeSeries, type TimeSeriesReading, type Sample, sampleEveryMs } from './time-series';

const sample = z.custom<Sample>(isObject);
const asked = z.object({ since: z.number(), atMost: z.number(), latest: sample.optional() });

/** From the primary to a worker, which adds up all. */
export const sampleNow: Question<undefined, Sample> = {
  name: 'history-sample',
  asked: nothing,
  answer: sample,
  withinMs: sampleEveryMs,
};

/** From a worker to the primary: as {@link TimeSeries.read}. */
export const readHistory: Question<z.infer<typeof asked>, TimeSeriesReading> = {
  name: 'history-read',
  asked,
  answer: z.custom<TimeSeriesReading>(isObject),
  withinMs: 2_000,
};

/** In the primary: keeps the samples of all workers, so that each can show them and none loses them by ending. */
export function keepSamples(): void {
  const series = new TimeSeries();
  const serving = new Set<Worker>();
  const take = (worker: Worker | undefined) => {
    // Without all answers there is no sample: a missing part would look like a counter that fell.
    if (worker !== undefined) ask(sampleNow, undefined, worker).then(series.add.bind(series), () => {});
  };
  setInterval(() => take([...serving].find((each) => each.isConnected())), sampleEveryMs).unref();
  cluster.on('listening', (worker) => {
    if (serving.size === 0) take(worker);
    serving.add(worker);
  });
  cluster.on('exit', (worker) => serving.delete(worker));
  answer(readHistory, ({ since, atMost, latest }) => series.read(since, atMost, latest));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
