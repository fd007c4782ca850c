import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { CONFIG, type Config } from '../../../platform/config';
import { chunksOf } from '../../../platform/fetched-body';
import type { Series } from '../../metrics/time-series/reading';

const withinMs = 3_000;
const bytesAtMost = 4 * 1024 * 1024;

const point = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());
const answer = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('matrix'),
      result: z.array(z.object({ metric: labels, values: z.array(point) })),
    }),
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: point })) }),
  ]),
});

/** The times of a plot, in seconds since the epoch. */
export interface Grid {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The queries of one view to the operator's Prometheus: together they have 3 s and 4 MiB of responses. */
export class PrometheusLook {
  private readonly signal = AbortSignal.timeout(withinMs);
  private bytes = 0;

  constructor(private readonly url: string) {}

  /** The series over the grid. Rejects when Prometheus gives no valid answer within time and size. */
  async range(query: string, { start, step, count }: Grid): Promise<Series[]> {
    const end = start + step * (count - 1);
    const { data } = await this.ask('query_range', { query, start: `${start}`, end: `${end}`, step: `${step}` });
    if (data.resultType !== 'matrix') throw new Error('Prometheus answered with no matrix');
    return data.result.map(({ metric, values }) => {
      const placed = Array<number | null>(count).fill(null);
      for (const [time, value] of values) placed[Math.round((time - start) / step)] = numberOf(value);
      return { labels: metric, values: placed.slice(0, count) };
    });
  }

  /** The series at one time, each with one value. Rejects as {@link range} does. */
  async instant(query: string, time: number): Promise<Series[]> {
    const { data } = await this.ask('query', { query, time: `${time}` });
    if (data.resultType !== 'vector') throw new Error('Prometheus answered with no vector');
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, values: [numberOf(value)] }));
  }

  private async ask(path: string, fields: Readonly<Record<string, string>>): Promise<z.infer<typeof answer>> {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      signal: this.signal,
      // Only the configured URL is requested.
      redirect: 'error',
    });
    return answer.parse(JSON.parse(await this.textOf(response)));
  }

  private async textOf(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of chunksOf(response, this.signal)) {
      this.bytes += chunk.length;
      if (this.bytes > bytesAtMost) throw new Error('Prometheus answered with too much');
      text += decoder.decode(chunk, { stream: true });
    }
    return text;
  }
}

/** The operator's Prometheus, if configured. */
@Injectable()
export class Prometheus {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Undefined without the setting. */
  look(): PrometheusLook | undefined {
    const { prometheusUrl } = this.config;
    return prometheusUrl === undefined ? undefined : new PrometheusLook(prometheusUrl);
  }
}

/** JSON has no NaN and no infinity: such a value is null. */
function numberOf(value: string): number | null {
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
