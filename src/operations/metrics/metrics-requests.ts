import { counter, type MetricFamily, type Series } from './metrics-families';

/** Of a request whose connection closed before it was answered: no answer of ours has it. */
const aborted = '499';

/** How many requests of every kind ended, by the status of their answer. */
export class RequestCounts {
  private readonly statuses = new Map([[aborted, 0]]);

  count(status: number, isAborted: boolean): void {
    const key = isAborted ? aborted : String(status);
    this.statuses.set(key, (this.statuses.get(key) ?? 0) + 1);
  }

  families(): MetricFamily[] {
    const series = [...this.statuses].map(([status, count]): Series => [{ status }, count]);
    return [counter('tessera_http_requests_total', 'Requests of every kind by the status of their answer', series)];
  }
}
