import { Inject, Injectable } from '@nestjs/common';
import type { Client } from '../../domain/clients/client';
import { ClientStore, type NowOrLater } from '../../domain/clients/client-store';
import { CONFIG, type Config } from '../../platform/config';

/** A client's labels in the metrics; counters are keyed by this object. */
export interface ClientLabel {
  /** Its id, `other`, or empty when it is unknown. */
  readonly client: string;
  readonly synthetic: 'true' | 'false';
}

/** For requests without a known client. */
export const noClient: ClientLabel = { client: '', synthetic: 'false' };

type BothLabels = Readonly<Record<ClientLabel['synthetic'], ClientLabel>>;

const others = labelsOf('other');
const pageSize = 100;
/** Most clients that are read, by id: the start must not take longer with more clients. */
const walkedAtMost = 10_000;

/**
 * Which clients the metrics name: the first METRICS_CLIENTS that an administrator registered, unchanged while the process
 * lives. Any other is `other`, so that nobody creates series by registering.
 */
@Injectable()
export class ClientLabels {
  private readonly named = new Map<string, BothLabels>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
  ) {}

  /** Names the existing clients. Rejects with StoreUnavailableError. */
  async nameFirst(): Promise<void> {
    const registered: Pick<Client, 'clientId' | 'registeredAt'>[] = [];
    for (let after: string | undefined; registered.length < walkedAtMost;) {
      const page = await this.clients.page(pageSize, after);
      for (const client of page) if (mayBeNamed(client)) registered.push(client);
      if (page.length < pageSize) break;
      after = page.at(-1)?.clientId;
    }
    const firstFirst = registered.toSorted((a, b) => (a.registeredAt ?? 0) - (b.registeredAt ?? 0));
    for (const { clientId } of firstFirst.slice(0, this.config.metricsClients)) this.name(clientId);
  }

  /** The label of an event's client; a recently read client comes at once. */
  of(clientId: string | undefined): NowOrLater<ClientLabel> {
    // Without a client the end-user signs in to this server itself.
    if (clientId === undefined || clientId === this.config.issuer) return noClient;
    const found = this.clients.find(clientId);
    if (!(found instanceof Promise)) return this.labelOf(clientId, found);
    return found.then(
      (client) => this.labelOf(clientId, client),
      () => this.labelOf(clientId, undefined),
    );
  }

  /** A removed client keeps its name, if it had one. */
  private labelOf(clientId: string, client: Client | undefined): ClientLabel {
    const synthetic = client?.synthetic === true ? 'true' : 'false';
    const known = this.named.get(clientId);
    if (known !== undefined) return known[synthetic];
    const hasPlace = this.named.size < this.config.metricsClients;
    if (client === undefined || !hasPlace || !mayBeNamed(client)) return others[synthetic];
    return this.name(clientId)[synthetic];
  }

  private name(clientId: string): BothLabels {
    const labels = this.named.get(clientId) ?? labelsOf(clientId);
    this.named.set(clientId, labels);
    return labels;
  }
}

function mayBeNamed({ registeredBy }: Client): boolean {
  return registeredBy === undefined;
}

function labelsOf(client: string): BothLabels {
  return { true: { client, synthetic: 'true' }, false: { client, synthetic: 'false' } };
}
