import { Controller, Inject, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Events } from '../../domain/events/events';
import type { JsonObject } from '../../platform/fields/fields';
import { queryOf } from '../../platform/http/bodies';
import type { Description } from '../../platform/http/description';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import type { RecordOperations } from './admin.openapi';
import type { PageAnswer, PageAsked } from './page-answer';
import { assertKnown, json, overlapIn, pageIn, read, recordIn, remove } from './request-body';

/** The administration of one kind of record. */
interface Records {
  page(asked: PageAsked): Promise<PageAnswer<object>>;
  add(record: JsonObject, events: Events): Promise<object>;
  find(id: string): Promise<object>;
  change(id: string, patch: JsonObject, events: Events): Promise<object>;
  remove(id: string, events: Events): Promise<void>;
}

interface Secrets {
  addSecret(id: string, oldForSeconds: number, events: Events): Promise<object>;
}

/** Makes the controller for one kind of record; `one`: the path of a record. Source: docs/http-api.md, section Administration. */
export function recordsController(one: string, kind: Type<Records>, operations: RecordOperations): Type {
  const [list = '', id = ''] = one.split('/:');

  @Controller()
  class RecordsController {
    constructor(@Inject(kind) private readonly records: Records) {}

    @Endpoint({ ...read, path: list, describe: operations.list })
    async page(request: FastifyRequest): Promise<PageAnswer<object>> {
      const query = queryOf(request);
      assertKnown(query, 'limit', 'after');
      return this.records.page(pageIn(query));
    }

    @Endpoint({ ...json, method: 'POST', path: list, status: 201, describe: operations.add })
    async add(request: FastifyRequest): Promise<object> {
      return this.records.add(recordIn(request.body), request.events);
    }

    @Endpoint({ ...read, path: one, describe: operations.find })
    async find(request: FastifyRequest): Promise<object> {
      return this.records.find(pathParameter(request, id));
    }

    @Endpoint({ ...json, method: 'PATCH', path: one, describe: operations.change })
    async change(request: FastifyRequest): Promise<object> {
      return this.records.change(pathParameter(request, id), recordIn(request.body), request.events);
    }

    @Endpoint({ ...remove, path: one, describe: operations.remove })
    async remove(request: FastifyRequest): Promise<void> {
      await this.records.remove(pathParameter(request, id), request.events);
    }
  }
  return RecordsController;
}

/** Makes the controller that generates another secret for such a record. */
export function secretsController(one: string, kind: Type<Secrets>, describe: Description): Type {
  const [, id = ''] = one.split('/:');

  @Controller()
  class SecretsController {
    constructor(@Inject(kind) private readonly records: Secrets) {}

    @Endpoint({ ...json, method: 'POST', path: `${one}/secret`, status: 201, describe })
    async addSecret(request: FastifyRequest): Promise<object> {
      return this.records.addSecret(pathParameter(request, id), overlapIn(request.body), request.events);
    }
  }
  return SecretsController;
}
