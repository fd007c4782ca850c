import * as z from 'zod';
import { textOf } from '../../platform/fetched-body';
import { UnreachableError } from './step-error';

const sample = z.tuple([z.number(), z.string().transform(Number)]);
const matrixSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(sample) })),
  }),
});

/** One series: its labels, and its values by their time in seconds since the epoch. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<number, number>;
}

/** A range of times, in seconds since the epoch, both ends among them. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Asks a Prometheus server over its HTTP API. */
export class Prometheus {
  constructor(
    /** Where its API is, with the path before `/api`, if there is one. */
    private readonly url: string,
    private readonly deadline: AbortSignal,
  ) {}

  /** What an expression was at each time. Throws: {@link UnreachableError} without an answer, or for one that is none. */
  async range(expression: string, { start, end, step }: TimeRange): Promise<Series[]> {
    const url = new URL(`${this.url.replace(/\/$/, '')}/api/v1/query_range`);
    const body = new URLSearchParams({ query: expression, start: `${start}`, end: `${end}`, step: `${step}` });
    const response = await fetch(url, { method: 'POST', body, signal: this.deadline }).catch(() => undefined);
    if (response === undefined) throw new UnreachableError('Prometheus does not answer');
    const matrix = matrixSchema.safeParse(await this.bodyOf(response)).data;
    if (matrix === undefined) throw new UnreachableError(`Prometheus answers ${response.status}, and no figures`);
    return matrix.data.result.map(({ metric, values }) => ({ labels: metric, values: new Map(values) }));
  }

  private async bodyOf(response: Response): Promise<unknown> {
    try {
      return JSON.parse(await textOf(response, this.deadline));
    } catch {
      return undefined;
    }
  }
}
