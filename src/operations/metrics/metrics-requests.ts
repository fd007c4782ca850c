import { counter, type MetricFamily, type Series } from './metrics-families';

/** For a connection that closed before the response: no response of ours has this status. */
const aborted = '499';

/** Counts all requests by status. */
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
