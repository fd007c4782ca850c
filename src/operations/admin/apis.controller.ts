import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import { AdminAccess } from './admin-access';
import type { ApiAnswer } from './api-fields';
import { AdminApis, type ApiWithSecret } from './apis';
import {
  addApiOperation,
  addApiSecretOperation,
  apiOperation,
  apisOperation,
  changeApiOperation,
  removeApiOperation,
} from './apis.openapi';
import type { PageAnswer } from './page-answer';
import { assertKnown, json, overlapIn, pageIn, recordIn } from './request-body';

const list = '/admin/apis';
const one = '/admin/apis/:id';

/** The APIs, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminApisController {
  constructor(
    private readonly access: AdminAccess,
    private readonly apis: AdminApis,
  ) {}

  @Endpoint({ method: 'GET', path: list, cache: 'no-store', describe: apisOperation })
  async page(request: FastifyRequest): Promise<PageAnswer<ApiAnswer>> {
    await this.access.assertGiven(request);
    const query = queryOf(request);
    assertKnown(query, 'limit', 'after');
    return this.apis.page(pageIn(query));
  }

  @Endpoint({ ...json, method: 'POST', path: list, status: 201, describe: addApiOperation })
  async add(request: FastifyRequest): Promise<ApiAnswer> {
    await this.access.assertGiven(request);
    return this.apis.add(recordIn(request.body), request.events);
  }

  @Endpoint({ method: 'GET', path: one, cache: 'no-store', describe: apiOperation })
  async find(request: FastifyRequest): Promise<ApiAnswer> {
    await this.access.assertGiven(request);
    return this.apis.find(pathParameter(request, 'id'));
  }

  @Endpoint({ ...json, method: 'PATCH', path: one, describe: changeApiOperation })
  async change(request: FastifyRequest): Promise<ApiAnswer> {
    await this.access.assertGiven(request);
    return this.apis.change(pathParameter(request, 'id'), recordIn(request.body), request.events);
  }

  @Endpoint({ method: 'DELETE', path: one, cache: 'no-store', describe: removeApiOperation })
  async remove(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.access.assertGiven(request);
    await this.apis.remove(pathParameter(request, 'id'), request.events);
    void reply.status(204).send();
  }

  @Endpoint({ ...json, method: 'POST', path: `${one}/secret`, status: 201, describe: addApiSecretOperation })
  async addSecret(request: FastifyRequest): Promise<ApiWithSecret> {
    await this.access.assertGiven(request);
    return this.apis.addSecret(pathParameter(request, 'id'), overlapIn(request.body), request.events);
  }
}
