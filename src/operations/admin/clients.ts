import type { ApiStore } from '../../domain/apis/api-store';
import type { ChallengeStore } from '../../domain/challenges/challenge-store';
import type { Client } from '../../domain/clients/client';
import { withNewSecret } from '../../domain/clients/client-secrets';
import type { ClientStore } from '../../domain/clients/client-store';
import type { Clock } from '../../platform/clock';
import { newId, newSecret } from '../../domain/credentials/secret';
import type { Events } from '../../domain/events/events';
import type { Revocation } from '../../protocols/login/revocation';
import type { KeyRing } from '../../domain/tokens/key-ring';
import { AdminError, found } from './admin-error';
import { changedNames, type ChangeOptions } from './change-options';
import { assertMatch, type IfMatch, tagged } from './etag';
import { FieldError } from '../../platform/fields/field-error';
import {
  type ClientAnswer,
  clientAnswer,
  clientFields,
  clientIdAllowed,
  type ClientMetadata,
  clientOfMetadata,
  isClientId,
  metadataOf,
  readClientMetadata,
} from '../../domain/clients/client-metadata';
import { allowedIn, type JsonObject, namesIn } from '../../platform/fields/fields';
import { endOfOld, type Overlap } from './overlap';
import { type PageAnswer, pageAnswer, type PageAsked } from './page-answer';

/** A client with its secret, which only this response contains. */
export type ClientWithSecret = ClientAnswer & { readonly client_secret?: string };

/** The administration of clients. Every method may throw StoreUnavailableError. */
export class AdminClients {
  constructor(
    private readonly clients: ClientStore,
    private readonly apis: ApiStore,
    private readonly challenges: ChallengeStore,
    private readonly revocation: Revocation,
    private readonly clock: Clock,
    private readonly keys: KeyRing,
  ) {}

  async page(asked: PageAsked): Promise<PageAnswer<ClientAnswer>> {
    const clients = await this.clients.page(asked.limit + 1, asked.after);
    return pageAnswer(clients, asked, ({ clientId }) => clientId, clientAnswer);
  }

  /** Throws: {@link AdminError} record_unknown. */
  async find(clientId: string): Promise<ClientAnswer> {
    return taggedAnswer(found(await this.clients.find(clientId)));
  }

  /** Registers a client, with a secret if it needs one. Throws: {@link AdminError}. */
  async add(record: JsonObject, events: Events, managed = false): Promise<ClientWithSecret> {
    const { clientId, metadata } = readNewClient(record);
    await this.assertResource(metadata);
    if ((await this.clients.findStored(clientId)) !== undefined) throw new AdminError('already_exists');
    await events.announce({ type: 'client_added', clientId, changed: namesIn(record) });
    await this.ensureAlgorithm(metadata);
    const secret = newSecret();
    const registeredAt = this.clock.now();
    const secrets = withNewSecret({}, secret, registeredAt, 0);
    const made = { clientId, secrets, registeredAt, demo: false, ...(managed && { managed }) };
    const client = clientOfMetadata(metadata, made);
    if (!(await this.clients.add(client))) throw new AdminError('already_exists');
    // Left over from a former client with this id, by a process that had not seen its removal, or by an interrupted removal.
    await this.challenges.removeAll(clientId);
    await this.revocation.endFormerClient(clientId, { reason: 'administrator', events });
    await this.challenges.reopen(clientId);
    return taggedAnswer(client, client.secrets === undefined ? undefined : secret);
  }

  /** Throws: {@link AdminError}. Source: RFC 7396. */
  async change(
    clientId: string,
    patch: JsonObject,
    events: Events,
    { ifMatch, managed = false }: Partial<ChangeOptions> = {},
  ): Promise<ClientAnswer> {
    const { default_resource: resource } = patch;
    const changed = (before: Client) => {
      const after = changedClient(before, patch);
      assertMatch(ifMatch, contentOf(before));
      return managed ? managedClient(after) : after;
    };
    const known = found(await this.clients.findStored(clientId));
    changed(known);
    if (typeof resource === 'string') await this.assertResource({ default_resource: resource });
    await events.announce({ type: 'client_changed', clientId, changed: changedNames(patch, managed, known) });
    const client = found(await this.clients.change(clientId, changed));
    await this.ensureAlgorithm(metadataOf(client));
    return taggedAnswer(client);
  }

  /**
   * Removes the client, its consents, codes and grants. Throws: {@link AdminError}; record_unknown after completing an
   * interrupted removal.
   */
  async remove(clientId: string, events: Events, ifMatch?: IfMatch): Promise<void> {
    const client = await this.clients.findStored(clientId);
    const check = (stored: Client) => assertMatch(ifMatch, contentOf(stored));
    if (client !== undefined) {
      check(client);
      await events.announce({ type: 'client_removed', clientId });
    }
    if (!(await this.removeAnnounced(clientId, events, ifMatch && check))) throw new AdminError('record_unknown');
  }

  /** As {@link remove}, for a caller that would not find the client again to complete it: the rest ends before the record. */
  async prune(clientId: string, events: Events): Promise<void> {
    await events.announce({ type: 'client_removed', clientId });
    await this.revocation.endClient(clientId, { reason: 'administrator', events });
    await this.removeAnnounced(clientId, events);
  }

  /** Generates another secret; the previous one is accepted for that many seconds more. Throws: {@link AdminError}. */
  async addSecret(clientId: string, overlap: Overlap, events: Events): Promise<ClientWithSecret> {
    const secret = newSecret();
    const now = this.clock.now();
    const changed = (client: Client): Client => {
      if (client.authentication !== 'client_secret') throw new AdminError('client_without_secret');
      return { ...client, secrets: withNewSecret(client, secret, now, endOfOld(overlap, now)) };
    };
    changed(found(await this.clients.findStored(clientId)));
    await events.announce({ type: 'client_secret_added', clientId, changed: namesIn(overlap) });
    return taggedAnswer(found(await this.clients.change(clientId, changed)), secret);
  }

  /** Returns whether the client was there. */
  private async removeAnnounced(clientId: string, events: Events, check?: (stored: Client) => void): Promise<boolean> {
    const wasThere = await this.clients.remove(clientId, check);
    // Before the grants: codes redeemed until now have grants, which can be found.
    await this.challenges.removeAll(clientId);
    await this.revocation.endClient(clientId, { reason: 'administrator', events });
    return wasThere;
  }

  private async ensureAlgorithm({ id_token_signed_response_alg: asked }: ClientMetadata): Promise<void> {
    if (asked !== undefined) await this.keys.ensureAlgorithm(asked);
  }

  private async assertResource({ default_resource: resource }: ClientMetadata): Promise<void> {
    if (resource !== undefined && (await this.apis.findByIdentifier(resource)) === undefined) {
      throw new FieldError('default_resource', allowedIn(clientFields.default_resource));
    }
  }
}

function taggedAnswer(client: Client, secret?: string): ClientWithSecret {
  return tagged({ ...clientAnswer(client), ...(secret !== undefined && { client_secret: secret }) }, contentOf(client));
}

/** One that registered itself stays without being used, for as long as a file names it. */
function managedClient({ expiresAt: _expiresAt, ...client }: Client): Client {
  return { ...client, managed: true };
}

/** Its logins and fetches of its document prolong these times. */
function contentOf({ expiresAt: _expiresAt, freshUntil: _freshUntil, ...content }: Client): JsonObject {
  return content;
}

/** Parses a new client, and generates an id if it has none. Throws: {@link FieldError}. */
export function readNewClient({ client_id: asked, ...rest }: JsonObject): {
  clientId: string;
  metadata: ClientMetadata;
} {
  const clientId = asked ?? newId();
  if (typeof clientId !== 'string' || !isClientId(clientId)) throw new FieldError('client_id', clientIdAllowed);
  return { clientId, metadata: readClientMetadata(rest) };
}

/** The client with the patch applied. Throws: {@link FieldError}. */
export function changedClient(client: Client, patch: JsonObject): Client {
  // An administrator's scopes replace "every scope".
  const { everyScope: _everyScope, ...rest } = client;
  return clientOfMetadata(readClientMetadata(patch, client), Object.hasOwn(patch, 'scope') ? rest : client);
}
