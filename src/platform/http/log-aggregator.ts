import type { ClientAddress } from './client-address';

/** How many clients are told apart in a minute, unless it is said otherwise; those beyond them are counted together. */
const clientsToldApart = 1_000;
const minute = 60_000;
const others = 'others';

/** Lines about one client in one minute, of which the first was logged by itself. */
export interface AggregatedLines {
  /** An IPv4 address or the /48 of an IPv6 one; `others` where there were too many to tell apart. */
  readonly client: string;
  /** How many came after the first. */
  readonly count: number;
}

/**
 * Decides which lines about clients are logged, such as refusals: of each client and minute the first, and of the others their number. So
 * whoever goes on regardless does not fill the disk with the log either.
 */
export class LogAggregator {
  private readonly counts = new Map<string, number>();
  private minute = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `log` is told what was aggregated when its minute is over. */
  constructor(
    private readonly log: (aggregated: AggregatedLines) => void,
    private readonly toldApart = clientsToldApart,
  ) {}

  /** True for a line that is to be logged by itself. `now`: milliseconds since the epoch. */
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

  /** Logs what was aggregated so far. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [client, count] of this.counts) if (count > 0) this.log({ client, count });
    this.counts.clear();
  }
}
