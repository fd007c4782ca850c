import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../../domain/clients/client';
import type { Access, Guard } from '../../platform/http/access';
import { isDocumentUrl } from '../registration/client-document';
import { ClientDocuments } from '../registration/client-documents';
import { client, ClientAuthentication, clientIdOf } from './client-authentication';

/** Authenticates the calling client, including one that only its metadata document describes. */
@Injectable()
export class PushingClients implements Guard<Client> {
  constructor(
    private readonly documents: ClientDocuments,
    private readonly authentication: ClientAuthentication,
  ) {}

  async admit(request: FastifyRequest): Promise<Client> {
    const clientId = clientIdOf(request);
    if (isDocumentUrl(clientId)) await this.documents.find(clientId, request);
    return this.authentication.admit(request);
  }
}

export const pushingClient: Access<Client> = { ...client, guard: PushingClients };
