import { Controller, Inject, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Events } from '../../domain/events/events';
import type { OperatorRole } from '../../domain/identity/operator-role';
import type { Acting } from '../../domain/operators/operators';
import type { JsonObject } from '../../platform/fields/fields';
import { queryOf } from '../../platform/http/bodies';
import type { Description } from '../../platform/http/description';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import type { RecordOperations } from './admin.openapi';
import { operator } from './admin-access';
import type { Overlap } from './overlap';
import type { ChangeOptions } from './change-options';
import { type IfMatch, ifMatchIn, withEtag } from './etag';
import type { PageAnswer, PageAsked } from './page-answer';
import { assertKnown, json, overlapIn, pageIn, read, recordIn, remove } from './request-body';

/** The administration of one kind of record. */
export interface Records {
  page(asked: PageAsked): Promise<PageAnswer<JsonObject>>;
  add(record: JsonObject, events: Events): Promise<JsonObject>;
  find(id: string): Promise<JsonObject>;
  change(id: string, patch: JsonObject, events: Events, options: ChangeOptions): Promise<JsonObject>;
  remove(id: string, events: Events, ifMatch?: IfMatch): Promise<void>;
}

export interface Secrets {
  addSecret(id: string, overlap: Overlap, events: Events): Promise<JsonObject>;
}

/**
 * Makes the controller for one kind of record; `one`: the path of a record; `roles`: needed to read and to change one, where
 * they are others than usual. Source: docs/http-api.md, section Administration.
 */
export function recordsController(
  one: string,
  kind: Type<Records>,
  operations: RecordOperations,
  roles: { readonly read?: OperatorRole; readonly change?: OperatorRole } = {},
): Type {
  const reads = { ...read, access: operator(roles.read ?? 'viewer') };
  const changes = { ...json, access: operator(roles.change ?? 'admin') };
  const [list = '', id = ''] = one.split('/:');

  @Controller()
  class RecordsController {
    constructor(@Inject(kind) private readonly records: Records) {}

    @Endpoint({ ...reads, path: list, describe: operations.list })
    async page(request: FastifyRequest): Promise<PageAnswer<object>> {
      const query = queryOf(request);
      assertKnown(query, 'limit', 'after');
      return this.records.page(pageIn(query));
    }

    @Endpoint({ ...json, method: 'POST', path: list, status: 201, describe: operations.add })
    async add(request: FastifyRequest, reply: FastifyReply): Promise<object> {
      return withEtag(reply, await this.records.add(recordIn(request.body), request.events));
    }

    @Endpoint({ ...reads, path: one, describe: operations.find })
    async find(request: FastifyRequest, reply: FastifyReply): Promise<object> {
      return withEtag(reply, await this.records.find(pathParameter(request, id)));
    }

    @Endpoint({ ...changes, method: 'PATCH', path: one, describe: operations.change })
    async change(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<object> {
      const [record, patch, ifMatch] = [pathParameter(request, id), recordIn(request.body), ifMatchIn(request)];
      return withEtag(reply, await this.records.change(record, patch, request.events, { by, ifMatch }));
    }

    @Endpoint({ ...remove, path: one, describe: operations.remove })
    async remove(request: FastifyRequest): Promise<void> {
      await this.records.remove(pathParameter(request, id), request.events, ifMatchIn(request));
    }
  }
  return RecordsController;
}

/** Makes the controller that generates another secret for such a record; `word`: what the path calls it. */
export function secretsController(
  one: string,
  kind: Type<Secrets>,
  describe: Description,
  word: 'secret' | 'token' = 'secret',
): Type {
  const [, id = ''] = one.split('/:');

  @Controller()
  class SecretsController {
    constructor(@Inject(kind) private readonly records: Secrets) {}

    @Endpoint({ ...json, method: 'POST', path: `${one}/${word}`, status: 201, describe })
    async addSecret(request: FastifyRequest, reply: FastifyReply): Promise<object> {
      const [record, oldForSeconds] = [pathParameter(request, id), overlapIn(request.body)];
      return withEtag(reply, await this.records.addSecret(record, oldForSeconds, request.events));
    }
  }
  return SecretsController;
}
