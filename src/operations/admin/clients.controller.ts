import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import { AdminAccess } from './admin-access';
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
import { assertKnown, json, overlapIn, pageIn, recordIn } from './request-body';

const list = '/admin/clients';
const one = '/admin/clients/:client_id';

/** The clients, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminClientsController {
  constructor(
    private readonly access: AdminAccess,
    private readonly clients: AdminClients,
  ) {}

  @Endpoint({ method: 'GET', path: list, cache: 'no-store', describe: clientsOperation })
  async page(request: FastifyRequest): Promise<PageAnswer<ClientAnswer>> {
    await this.access.assertGiven(request);
    const query = queryOf(request);
    assertKnown(query, 'limit', 'after');
    return this.clients.page(pageIn(query));
  }

  @Endpoint({ ...json, method: 'POST', path: list, status: 201, describe: addClientOperation })
  async add(request: FastifyRequest): Promise<ClientWithSecret> {
    await this.access.assertGiven(request);
    return this.clients.add(recordIn(request.body), request.events);
  }

  @Endpoint({ method: 'GET', path: one, cache: 'no-store', describe: clientOperation })
  async find(request: FastifyRequest): Promise<ClientAnswer> {
    await this.access.assertGiven(request);
    return this.clients.find(pathParameter(request, 'client_id'));
  }

  @Endpoint({ ...json, method: 'PATCH', path: one, describe: changeClientOperation })
  async change(request: FastifyRequest): Promise<ClientAnswer> {
    await this.access.assertGiven(request);
    return this.clients.change(pathParameter(request, 'client_id'), recordIn(request.body), request.events);
  }

  @Endpoint({ method: 'DELETE', path: one, cache: 'no-store', describe: removeClientOperation })
  async remove(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.access.assertGiven(request);
    await this.clients.remove(pathParameter(request, 'client_id'), request.events);
    void reply.status(204).send();
  }

  @Endpoint({ ...json, method: 'POST', path: `${one}/secret`, status: 201, describe: addClientSecretOperation })
  async addSecret(request: FastifyRequest): Promise<ClientWithSecret> {
    await this.access.assertGiven(request);
    const clientId = pathParameter(request, 'client_id');
    return this.clients.addSecret(clientId, overlapIn(request.body), request.events);
  }
}
