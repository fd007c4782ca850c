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
const limits = { namedBy: 'strangers', accept: ['application/json'], atMost: 5 * 1024, within: 3_000 } as const;
const [minute, day] = [60_000, 86_400_000];
/** Documents fetched in a minute because of one IP address, and from one host, where limits are on. */
const perAddress = 30;
const perHost = 60;
/** Of clients that were not known, because of one network in a day, where limits are on: a fiftieth of all. */
const perNetworkAndDay = 200;
/** Documents of clients that were not known, in a day: with the end of those that nobody uses, so many are kept at most. */
const perDay = 10_000;

/** The request because of which a document is fetched. */
interface Asker {
  readonly client: ClientAddress;
  readonly events: Events;
}

/** Knows clients by the URLs of their metadata documents, which are fetched where somebody logs in. */
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
   * The client with this id. The document of one that has one is fetched if none is known that may still be taken, because of
   * a request; those who ask for it at once share one fetch. Throws: {@link ClientDocumentError}, 429,
   * StoreUnavailableError. Source: draft-ietf-oauth-client-id-metadata-document §5.
   */
  find(clientId: string, request: Asker): NowOrLater<Client | undefined> {
    return isDocumentUrl(clientId) ? this.ofDocument(clientId, request) : this.clients.find(clientId);
  }

  private async ofDocument(clientId: string, request: Asker): Promise<Client | undefined> {
    if (!this.config.clientIdMetadataDocuments) return undefined;
    assertDocumentUrl(clientId, (url) => this.outbound.accepts(url));
    return this.underWay.get(clientId) ?? this.share(clientId, this.knownOrLearnt(clientId, request));
  }

  /** Shared from the look into the store on: who looked before the document was kept would fetch it once more after. */
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
    // What strangers make up at a host must not keep those from it who are known there.
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
    // Another process may have learnt of it at the same time.
    if (!(await this.clients.add(client))) return this.replace(client);
    events.emit({ type: 'client_added', clientId: client.clientId });
    return client;
  }

  /** It stays for as long as it would have: a look at its document is no login. */
  private async replace(client: Client): Promise<Client> {
    const replaced = await this.clients.change(client.clientId, (before) => ({
      ...withOurs(client, before),
      ...(before.expiresAt !== undefined && { expiresAt: before.expiresAt }),
    }));
    return replaced ?? client;
  }
}
