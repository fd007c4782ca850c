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
import { allowedIn, type JsonObject } from '../../platform/fields/fields';
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
    return clientAnswer(found(await this.clients.find(clientId)));
  }

  /** Registers a client, with a secret if it needs one. Throws: {@link AdminError}. */
  async add(record: JsonObject, events: Events): Promise<ClientWithSecret> {
    const { clientId, metadata } = readNewClient(record);
    await this.assertResource(metadata);
    await this.ensureAlgorithm(metadata);
    const secret = newSecret();
    const registeredAt = this.clock.now();
    const secrets = withNewSecret({}, secret, registeredAt, 0);
    const client = clientOfMetadata(metadata, { clientId, secrets, registeredAt, demo: false });
    if (!(await this.clients.add(client))) throw new AdminError('already_exists');
    // Left over from a former client with this id, by a process that had not seen its removal, or by an interrupted removal.
    await this.challenges.removeAll(clientId);
    await this.revocation.endFormerClient(clientId, { reason: 'administrator', events });
    await this.challenges.reopen(clientId);
    events.emit({ type: 'client_added', clientId });
    return { ...clientAnswer(client), ...(client.secrets !== undefined && { client_secret: secret }) };
  }

  /** Throws: {@link AdminError}. Source: RFC 7396. */
  async change(clientId: string, patch: JsonObject, events: Events): Promise<ClientAnswer> {
    const { default_resource: resource } = patch;
    const changed = (client: Client) => changedClient(client, patch);
    if (typeof resource === 'string') {
      changed(found(await this.clients.find(clientId)));
      await this.assertResource({ default_resource: resource });
    }
    const client = found(await this.clients.change(clientId, changed));
    await this.ensureAlgorithm(metadataOf(client));
    events.emit({ type: 'client_changed', clientId });
    return clientAnswer(client);
  }

  /**
   * Removes the client, its consents, codes and grants. Throws: {@link AdminError} record_unknown, after completing an
   * interrupted removal.
   */
  async remove(clientId: string, events: Events): Promise<void> {
    const client = await this.clients.find(clientId);
    await this.clients.remove(clientId);
    if (client !== undefined) events.emit({ type: 'client_removed', clientId });
    // Before the grants: codes redeemed until now have grants, which can be found.
    await this.challenges.removeAll(clientId);
    await this.revocation.endClient(clientId, { reason: 'administrator', events });
    found(client);
  }

  /** Generates another secret; the previous one is accepted for `oldForSeconds` more. Throws: {@link AdminError}. */
  async addSecret(clientId: string, oldForSeconds: number, events: Events): Promise<ClientWithSecret> {
    const secret = newSecret();
    const now = this.clock.now();
    const changed = await this.clients.change(clientId, (client) => {
      if (client.authentication !== 'client_secret') throw new AdminError('client_without_secret');
      return { ...client, secrets: withNewSecret(client, secret, now, now + oldForSeconds * 1000) };
    });
    const client = found(changed);
    events.emit({ type: 'client_secret_added', clientId });
    return { ...clientAnswer(client), client_secret: secret };
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
