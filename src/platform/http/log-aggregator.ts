import type { ClientAddress } from './client-address';

/** Default number of clients with a line of their own in a minute; further ones are counted together. */
const clientsToldApart = 1_000;
const minute = 60_000;
const others = 'others';

/** Further log lines about one client in one minute; the first was logged by itself. */
export interface AggregatedLines {
  /** An IPv4 address or the /48 of an IPv6 one; `others` beyond the limit. */
  readonly client: string;
  /** Lines after the first. */
  readonly count: number;
}

/**
 * Limits log lines about clients, such as refusals: logs the first of each client and minute, and then the number of the
 * others. So nobody can fill the disk with the log.
 */
export class LogAggregator {
  private readonly counts = new Map<string, number>();
  private minute = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `log` gets the aggregate when its minute is over. */
  constructor(
    private readonly log: (aggregated: AggregatedLines) => void,
    private readonly toldApart = clientsToldApart,
  ) {}

  /** True for a line to be logged by itself. `now`: milliseconds since the epoch. */
  isFirst({ host, site = host }: Pick<ClientAddress, 'host' | 'site'>, now: number): boolean {
    const current = Math.floor(now / minute);
    if (current !== this.minute) this.flush();
    this.minute = current;
    this.timer ??= setTimeout(() => this.flush(), minute).unref();
    const client = this.counts.has(site) || this.counts.size < this.toldApart ? site : others;
    const count = this.counts.get(client);
    this.counts.set(client, (count ?? -1) + 1);
    return count === undefined;
  }

  /** Logs the aggregates so far. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [client, count] of this.counts) if (count > 0) this.log({ client, count });
    this.counts.clear();
  }
}
