import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Api } from '../../domain/apis/api';
import { ApiStore } from '../../domain/apis/api-store';
import type { Client } from '../../domain/clients/client';
import { secretMatches } from '../../domain/clients/client-secrets';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import type { Access, Guard } from '../../platform/http/access';
import { formOf } from '../../platform/http/bodies';
import type { Parameters } from '../../platform/http/parameters';
import { client, ClientAuthentication, readCredentials } from './client-authentication';

/** Who may introspect: a confidential client its own tokens, an API those that are for it. */
export type Introspector = { readonly client: Client } | { readonly api: Api };

/** Authenticates the caller of introspection, who needs a secret or a key. Source: RFC 7662 §2.1. */
@Injectable()
export class IntrospectorAuthentication implements Guard<Introspector> {
  constructor(
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly apis: ApiStore,
    private readonly clientAuthentication: ClientAuthentication,
  ) {}

  /** Throws: {@link ClientAuthentication.failure}, also for a public client. */
  async authenticate(authorization: string | undefined, form: Parameters): Promise<Introspector> {
    const credentials = readCredentials(authorization, form);
    if (credentials?.method === 'client_secret' && (await this.clients.find(credentials.clientId)) === undefined) {
      return { api: await this.apiWith(credentials.clientId, credentials.secret) };
    }
    const caller = await this.clientAuthentication.authenticate(authorization, form);
    if (caller.authentication === 'none') throw this.clientAuthentication.failure();
    return { client: caller };
  }

  /** As {@link authenticate}, for a request; also reports the client to the request's events. */
  async admit(request: FastifyRequest): Promise<Introspector> {
    const introspector = await this.authenticate(request.headers.authorization, formOf(request));
    if ('client' in introspector) request.events.concern({ clientId: introspector.client.clientId });
    return introspector;
  }

  /** From the cache, otherwise from the store: its secret may be a second old. */
  private async apiWith(id: string, secret: string): Promise<Api> {
    const now = this.clock.now();
    const remembered = (await this.apis.listRecent()).find((api) => api.id === id);
    if (remembered !== undefined && secretMatches(remembered, secret, now)) return remembered;
    const api = await this.apis.find(id);
    if (api !== undefined && secretMatches(api, secret, now)) return api;
    throw this.clientAuthentication.failure();
  }
}

/** Requires a client with credentials, or an API. */
export const introspector: Access<Introspector> = { ...client, guard: IntrospectorAuthentication };
