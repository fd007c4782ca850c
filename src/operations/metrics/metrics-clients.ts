import { Inject, Injectable } from '@nestjs/common';
import type { Client } from '../../domain/clients/client';
import { ClientStore, type NowOrLater } from '../../domain/clients/client-store';
import { CONFIG, type Config } from '../../platform/config';

/** How a client stands in the metrics; one object for each, by which counters are kept. */
export interface ClientLabel {
  /** Its id, `other`, or empty where it is not known. */
  readonly client: string;
  readonly synthetic: 'true' | 'false';
}

/** Where no client is known. */
export const noClient: ClientLabel = { client: '', synthetic: 'false' };

type BothLabels = Readonly<Record<ClientLabel['synthetic'], ClientLabel>>;

const others = labelsOf('other');
const pageSize = 100;
/** Of more clients those with the first ids are looked at: a start must not take longer the more there are. */
const walkedAtMost = 10_000;

/**
 * Which clients the metrics name: METRICS_CLIENTS of those that an administrator registered, the first to be registered
 * first, and always the same ones while the process lives. Any other is `other`, so that nobody makes series by registering.
 */
@Injectable()
export class ClientLabels {
  private readonly named = new Map<string, BothLabels>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
  ) {}

  /** Names the clients that there are. Rejects with StoreUnavailableError. */
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

  /** The label of a client of which an event tells; what was just looked up is at hand, and comes at once. */
  of(clientId: string | undefined): NowOrLater<ClientLabel> {
    // An end-user who logs in to nobody signs in to this server itself.
    if (clientId === undefined || clientId === this.config.issuer) return noClient;
    const found = this.clients.find(clientId);
    if (!(found instanceof Promise)) return this.labelOf(clientId, found);
    return found.then(
      (client) => this.labelOf(clientId, client),
      () => this.labelOf(clientId, undefined),
    );
  }

  /** One that is not there any more keeps its name, if it had one. */
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
