import { Inject, Injectable } from '@nestjs/common';
import { clientOfMetadata } from '../../domain/clients/client-metadata';
import { ApiStore } from '../../domain/apis/api-store';
import type { Client } from '../../domain/clients/client';
import { ClientStore, type NowOrLater } from '../../domain/clients/client-store';
import { unusedClientKeptMs } from '../../domain/clients/client-uses';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { Events } from '../../domain/events/events';
import type { ClientAddress } from '../../platform/http/client-address';
import { budgetsOf, RateLimiter, shareOf } from '../../platform/http/rate-limiter';
import { KeyRing } from '../../domain/tokens/key-ring';
import { Outbound, type OutboundAnswer } from '../../platform/outbound/outbound';
import { OutboundError } from '../../platform/outbound/outbound-failure';
import { freshness } from '../../platform/outbound/cache-control';
import { assertDocumentUrl, isDocumentUrl, readClientDocument } from './client-document';
import { ClientDocumentError } from './client-document-error';
import { openScopesOf, withOurs } from './registered-metadata';

/** Source: docs/http-api.md, section Client ID metadata documents. */
const limits = { namedBy: 'untrusted', accept: ['application/json'], atMost: 5 * 1024, within: 3_000 } as const;
const [minute, day] = [60_000, 86_400_000];
/** Most documents fetched in a minute for one IP address, and from one host, if limits are on. */
const perAddress = 30;
const perHost = 60;
/** Most unknown clients for one network in a day, if limits are on: a fiftieth of all. */
const perNetworkAndDay = 200;
/** Most unknown clients in a day. As unused ones are removed after a day, this bounds how many are stored. */
const perDay = 10_000;

/** The request that causes a fetch. */
interface Asker {
  readonly client: ClientAddress;
  readonly events: Events;
}

/** Finds clients by the URL of their metadata document, which is fetched at a login. */
@Injectable()
export class ClientDocuments {
  private readonly underWay = new Map<string, Promise<Client>>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly apis: ApiStore,
    private readonly limiter: RateLimiter,
    private readonly outbound: Outbound,
    private readonly keys: KeyRing,
  ) {}

  /**
   * The client with this id. Fetches its document when no fresh one is known; concurrent requests share one fetch. Throws:
   * {@link ClientDocumentError}, 429, StoreUnavailableError. Source: draft-ietf-oauth-client-id-metadata-document §5.
   */
  find(clientId: string, request: Asker): NowOrLater<Client | undefined> {
    return isDocumentUrl(clientId) ? this.ofDocument(clientId, request) : this.clients.find(clientId);
  }

  private async ofDocument(clientId: string, request: Asker): Promise<Client | undefined> {
    if (!this.config.clientIdMetadataDocuments) return undefined;
    assertDocumentUrl(clientId, (url) => this.outbound.accepts(url));
    return this.underWay.get(clientId) ?? this.share(clientId, this.knownOrLearnt(clientId, request));
  }

  /** Shared including the read of the store: a request that read before the document was saved would otherwise fetch it again. */
  private async knownOrLearnt(clientId: string, { client: asker, events }: Asker): Promise<Client> {
    const known = await this.clients.find(clientId);
    if (known?.freshUntil !== undefined && known.freshUntil > this.clock.now()) return known;
    return this.learn(clientId, known, asker, events);
  }

  private async share(clientId: string, finding: Promise<Client>): Promise<Client> {
    this.underWay.set(clientId, finding);
    try {
      return await finding;
    } finally {
      this.underWay.delete(clientId);
    }
  }

  private async learn(url: string, known: Client | undefined, asker: ClientAddress, events: Events): Promise<Client> {
    const { host } = new URL(url);
    // Made-up clients at a host must not use up the budget of the known ones there.
    const ofHost = known === undefined ? [{ key: `documents at ${host}`, atMost: perHost }] : [];
    await this.limiter.take(minute, [...budgetsOf(asker, 'documents', perAddress), ...ofHost]);
    const { text, cacheControl } = await this.fetch(url);
    const apiScopes = openScopesOf(await this.apis.listRecent());
    const { metadata, everyScope } = readClientDocument(url, text, {
      apiScopes,
      reaches: (each) => this.outbound.accepts(each),
      isVouchedFor: false,
    });
    const now = this.clock.now();
    const client = clientOfMetadata(
      { ...metadata, client_name: metadata.client_name ?? host },
      {
        clientId: url,
        registeredAt: known?.registeredAt ?? now,
        registeredBy: 'document',
        everyScope,
        freshUntil: now + freshness(cacheControl, day / 1000) * 1000,
        expiresAt: now + unusedClientKeptMs,
        demo: false,
      },
    );
    await this.keys.ensureAlgorithm(client.idTokenAlgorithm);
    return known === undefined ? this.add(client, asker, events) : this.replace(client);
  }

  private async fetch(url: string): Promise<OutboundAnswer> {
    try {
      return await this.outbound.fetch({ ...limits, url });
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new ClientDocumentError('client_document_unreachable', error.message, error);
    }
  }

  private async add(client: Client, asker: ClientAddress, events: Events): Promise<Client> {
    const today = Math.floor(this.clock.now() / day);
    await this.limiter.take(day, [shareOf(asker, 'new documents', perNetworkAndDay)]);
    await this.limiter.takeUntil((today + 1) * day, [{ key: `documents ${today}`, atMost: perDay }]);
    // Another process may have added it meanwhile.
    if (!(await this.clients.add(client))) return this.replace(client);
    events.emit({ type: 'client_added', clientId: client.clientId });
    return client;
  }

  /** Keeps the expiry: fetching the document is no login. */
  private async replace(client: Client): Promise<Client> {
    const replaced = await this.clients.change(client.clientId, (before) => ({
      ...withOurs(client, before),
      ...(before.expiresAt !== undefined && { expiresAt: before.expiresAt }),
    }));
    return replaced ?? client;
  }
}
