import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
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
import { assertKnown, json, overlapIn, pageIn, read, recordIn, remove } from './request-body';

const list = '/admin/apis';
const one = '/admin/apis/:id';

/** The APIs, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminApisController {
  constructor(private readonly apis: AdminApis) {}

  @Endpoint({ ...read, path: list, describe: apisOperation })
  async page(request: FastifyRequest): Promise<PageAnswer<ApiAnswer>> {
    const query = queryOf(request);
    assertKnown(query, 'limit', 'after');
    return this.apis.page(pageIn(query));
  }

  @Endpoint({ ...json, method: 'POST', path: list, status: 201, describe: addApiOperation })
  async add(request: FastifyRequest): Promise<ApiAnswer> {
    return this.apis.add(recordIn(request.body), request.events);
  }

  @Endpoint({ ...read, path: one, describe: apiOperation })
  async find(request: FastifyRequest): Promise<ApiAnswer> {
    return this.apis.find(pathParameter(request, 'id'));
  }

  @Endpoint({ ...json, method: 'PATCH', path: one, describe: changeApiOperation })
  async change(request: FastifyRequest): Promise<ApiAnswer> {
    return this.apis.change(pathParameter(request, 'id'), recordIn(request.body), request.events);
  }

  @Endpoint({ ...remove, path: one, describe: removeApiOperation })
  async remove(request: FastifyRequest): Promise<void> {
    await this.apis.remove(pathParameter(request, 'id'), request.events);
  }

  @Endpoint({ ...json, method: 'POST', path: `${one}/secret`, status: 201, describe: addApiSecretOperation })
  async addSecret(request: FastifyRequest): Promise<ApiWithSecret> {
    return this.apis.addSecret(pathParameter(request, 'id'), overlapIn(request.body), request.events);
  }
}
