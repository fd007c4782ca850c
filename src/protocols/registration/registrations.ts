import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { FieldError } from '../../platform/fields/field-error';
import { clientAnswer, clientOfMetadata, type ClientMetadata } from '../../domain/clients/client-metadata';
import type { JsonObject } from '../../platform/fields/fields';
import { ApiStore } from '../../domain/apis/api-store';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import type { Client } from '../../domain/clients/client';
import { secretMatches, withNewSecret } from '../../domain/clients/client-secrets';
import { ClientStore } from '../../domain/clients/client-store';
import { unusedClientKeptMs } from '../../domain/clients/client-uses';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { hashSecret, newId, newSecret, secretsEqual } from '../../domain/credentials/secret';
import { bearerTokenIn } from '../../domain/credentials/bearer-token';
import type { Events } from '../../domain/events/events';
import type { Access, Guard } from '../../platform/http/access';
import type { ClientAddress } from '../../platform/http/client-address';
import { pathParameter } from '../../platform/http/endpoint';
import { budgetsOf, RateLimiter, shareOf } from '../../platform/http/rate-limiter';
import { Revocation } from '../login/revocation';
import { Outbound } from '../../platform/outbound/outbound';
import { KeyRing } from '../../domain/tokens/key-ring';
import {
  openScopesOf,
  readRegistration,
  registrableFields,
  type Registration,
  type Surroundings,
  withOurs,
} from './registered-metadata';
import type { RegistrationAnswer } from './registration.openapi';
import { RegistrationError } from './registration-error';

/** A client, and its registration access token as shown. */
export interface OwnRegistration {
  readonly client: Client;
  readonly token: string;
}

const [hour, day] = [3_600_000, 86_400_000];
/** Most registrations from one IP address in an hour, if limits are on. */
const perAddress = 100;
/** Most from one network in a day: a tenth of all. */
const perNetworkAndDay = 1_000;
/** Most open registrations in a day, from anywhere. As unused ones are removed after a day, this bounds how many are stored. */
const perDay = 10_000;

/** Registers and manages self-registered clients. Every method may throw StoreUnavailableError. */
@Injectable()
export class Registrations implements Guard<OwnRegistration> {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly apis: ApiStore,
    private readonly challenges: ChallengeStore,
    private readonly revocation: Revocation,
    private readonly limiter: RateLimiter,
    private readonly outbound: Outbound,
    private readonly keys: KeyRing,
  ) {}

  /** Registers a client; counted if it has no initial access token. Throws: {@link RegistrationError}, 429. Source: RFC 7591 §3. */
  async add(sent: JsonObject, untrusted: ClientAddress | undefined, events: Events): Promise<RegistrationAnswer> {
    const { metadata, everyScope } = await this.read(sent, untrusted === undefined);
    if (untrusted !== undefined) await this.count(untrusted);
    const now = this.clock.now();
    const [clientId, secret, token] = [newId(), newSecret(), newSecret()];
    const client = clientOfMetadata(metadata, {
      clientId,
      secrets: withNewSecret({}, secret, now, 0),
      registeredAt: now,
      registeredBy: 'itself',
      registrationTokenHash: hashSecret(token),
      everyScope,
      expiresAt: now + unusedClientKeptMs,
      demo: false,
    });
    await this.keys.ensureAlgorithm(client.idTokenAlgorithm);
    await this.clients.add(client);
    events.emit({ type: 'client_added', clientId });
    return this.answer(client, token, client.secrets === undefined ? undefined : secret);
  }

  /** Source: RFC 7592 §2.1. */
  find({ client, token }: OwnRegistration): RegistrationAnswer {
    return this.answer(client, token);
  }

  /** Replaces all metadata. Throws: {@link RegistrationError}. Source: RFC 7592 §2.2. */
  async replace(own: OwnRegistration, sent: JsonObject, events: Events): Promise<RegistrationAnswer> {
    const { client: before, token } = own;
    const { clientId } = before;
    const now = this.clock.now();
    assertReplaces(sent, before, now);
    const hadThem = before.grantTypes?.includes('client_credentials') === true;
    const { metadata, everyScope } = await this.read(sent, hadThem);
    const secret = newSecret();
    let isNew = false;
    const changed = await this.clients.change(clientId, (client) => {
      const replaced = clientOfMetadata(metadata, {
        ...client,
        secrets: client.secrets ?? withNewSecret({}, secret, now, 0),
        everyScope,
      });
      isNew = client.secrets === undefined && replaced.secrets !== undefined;
      return withOurs(replaced, client);
    });
    if (changed === undefined) throw this.refusal();
    await this.keys.ensureAlgorithm(changed.idTokenAlgorithm);
    events.emit({ type: 'client_changed', clientId });
    return this.answer(changed, token, isNew ? secret : undefined);
  }

  /** Removes the client and ends all that it was granted. Source: RFC 7592 §2.3. */
  async remove({ clientId }: Client, events: Events): Promise<void> {
    await this.clients.remove(clientId);
    events.emit({ type: 'client_removed', clientId });
    // Before the grants: codes redeemed until now have grants, which can be found.
    await this.challenges.removeAll(clientId);
    await this.revocation.endClient(clientId, { reason: 'client', events });
  }

  /**
   * The client of the request's registration access token. About any other client it reveals nothing, not even its existence.
   * Throws: {@link RegistrationError}.
   */
  async admit(request: FastifyRequest): Promise<OwnRegistration> {
    const client = await this.clients.find(pathParameter(request, 'client_id'));
    const token = bearerTokenIn(request.headers.authorization) ?? '';
    if (client?.registrationTokenHash === undefined) throw this.refusal();
    if (!secretsEqual(client.registrationTokenHash, hashSecret(token))) throw this.refusal();
    return { client, token };
  }

  private refusal(): RegistrationError {
    const challenge = `Bearer realm="${this.config.issuer}", error="invalid_token"`;
    return new RegistrationError('registration_access_token_invalid', { headers: { 'www-authenticate': challenge } });
  }

  private async read(sent: JsonObject, isVouchedFor: boolean): Promise<Registration> {
    const apiScopes = openScopesOf(await this.apis.listRecent());
    const surroundings: Surroundings = {
      apiScopes,
      reaches: (url) => this.outbound.accepts(url),
      isVouchedFor,
    };
    try {
      return readRegistration(sent, surroundings);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      const reason = error.field === 'redirect_uris' ? 'redirect_uris_invalid' : 'client_metadata_invalid';
      throw new RegistrationError(reason, { description: error.message });
    }
  }

  private async count(untrusted: ClientAddress): Promise<void> {
    await this.limiter.take(hour, budgetsOf(untrusted, 'registrations', perAddress));
    await this.limiter.take(day, [shareOf(untrusted, 'registrations', perNetworkAndDay)]);
    const today = Math.floor(this.clock.now() / day);
    await this.limiter.takeUntil((today + 1) * day, [{ key: `registrations ${today}`, atMost: perDay }]);
  }

  private answer(client: Client, token: string, secret?: string): RegistrationAnswer {
    const { clientId, registeredAt = 0 } = client;
    const written: Readonly<Record<string, unknown>> = clientAnswer(client);
    const metadata = registrableFields.filter((name) => name in written).map((name) => [name, written[name]]);
    return {
      client_id: clientId,
      client_id_issued_at: Math.floor(registeredAt / 1000),
      ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
      registration_access_token: token,
      registration_client_uri: `${this.config.issuer}/register/${clientId}`,
      ...(Object.fromEntries(metadata) as ClientMetadata),
    };
  }
}

/** Requires the registration access token of the client in the path. */
export const registeredClient: Access<OwnRegistration> = {
  by: 'registration access token',
  security: [{ bearer: [] }],
  guard: Registrations,
};

/** Checks required and forbidden fields of a replacement. Throws: {@link RegistrationError}. Source: RFC 7592 §2.2. */
function assertReplaces(sent: JsonObject, client: Client, now: number): void {
  if (sent['client_id'] !== client.clientId) refuse('client_id', 'the id of this client, in every replacement');
  const ours = [
    'registration_access_token',
    'registration_client_uri',
    'client_secret_expires_at',
    'client_id_issued_at',
  ];
  for (const name of ours) if (Object.hasOwn(sent, name)) refuse(name, 'none in a replacement');
  const { client_secret: secret } = sent;
  if ((secret ?? null) === null) return;
  const isSame = typeof secret === 'string' && secretMatches(client, secret, now);
  if (!isSame) refuse('client_secret', 'the secret of this client, or none');
}

function refuse(field: string, allowed: string): never {
  const { message } = new FieldError(field, allowed);
  throw new RegistrationError('client_metadata_invalid', { description: message });
}
