import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import type { ClientAnswer } from '../../domain/clients/client-metadata';
import { AdminClients, type ClientWithSecret } from './clients';
import {
  addClientOperation,
  addClientSecretOperation,
  changeClientOperation,
  clientOperation,
  clientsOperation,
  removeClientOperation,
} from './clients.openapi';
import type { PageAnswer } from './page-answer';
import { assertKnown, json, overlapIn, pageIn, read, recordIn, remove } from './request-body';

const list = '/admin/clients';
const one = '/admin/clients/:client_id';

/** The clients, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminClientsController {
  constructor(private readonly clients: AdminClients) {}

  @Endpoint({ ...read, path: list, describe: clientsOperation })
  async page(request: FastifyRequest): Promise<PageAnswer<ClientAnswer>> {
    const query = queryOf(request);
    assertKnown(query, 'limit', 'after');
    return this.clients.page(pageIn(query));
  }

  @Endpoint({ ...json, method: 'POST', path: list, status: 201, describe: addClientOperation })
  async add(request: FastifyRequest): Promise<ClientWithSecret> {
    return this.clients.add(recordIn(request.body), request.events);
  }

  @Endpoint({ ...read, path: one, describe: clientOperation })
  async find(request: FastifyRequest): Promise<ClientAnswer> {
    return this.clients.find(pathParameter(request, 'client_id'));
  }

  @Endpoint({ ...json, method: 'PATCH', path: one, describe: changeClientOperation })
  async change(request: FastifyRequest): Promise<ClientAnswer> {
    return this.clients.change(pathParameter(request, 'client_id'), recordIn(request.body), request.events);
  }

  @Endpoint({ ...remove, path: one, describe: removeClientOperation })
  async remove(request: FastifyRequest): Promise<void> {
    await this.clients.remove(pathParameter(request, 'client_id'), request.events);
  }

  @Endpoint({ ...json, method: 'POST', path: `${one}/secret`, status: 201, describe: addClientSecretOperation })
  async addSecret(request: FastifyRequest): Promise<ClientWithSecret> {
    const clientId = pathParameter(request, 'client_id');
    return this.clients.addSecret(clientId, overlapIn(request.body), request.events);
  }
}
