import { Controller, Inject, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Acting } from '../../domain/operators/operators';
import { defined } from '../../platform/fields/fields';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import type { Parameters } from '../../platform/http/parameters';
import type { AdminLogins, LoginQuery } from './logins';
import type { Ended, LoginOperations } from './logins.openapi';
import type { PageAnswer } from './page-answer';
import { assertKnown, end, endAll, pageIn, read } from './request-body';

/** Live grants, or live sessions, for operators. Source: docs/http-api.md, section Administration. */
export function loginsController(path: string, kind: Type<AdminLogins<object>>, operations: LoginOperations): Type {
  @Controller()
  class LoginsController {
    constructor(@Inject(kind) private readonly logins: AdminLogins<object>) {}

    @Endpoint({ ...read, path, describe: operations.list })
    async page(request: FastifyRequest): Promise<PageAnswer<object>> {
      const query = queryOf(request);
      return this.logins.page(namedIn(query, 'limit', 'after'), pageIn(query));
    }

    @Endpoint({ ...endAll, path, describe: operations.endAll })
    async endAll(request: FastifyRequest, _reply: FastifyReply, by: Acting): Promise<Ended> {
      return { ended: await this.logins.endAll(namedIn(queryOf(request)), request.events, by) };
    }

    @Endpoint({ ...end, path: `${path}/:id`, describe: operations.end })
    async end(request: FastifyRequest, _reply: FastifyReply, by: Acting): Promise<void> {
      await this.logins.end(pathParameter(request, 'id'), request.events, by);
    }
  }
  return LoginsController;
}

/** Throws: FieldError for an unknown parameter: a mistyped filter must not select everything. */
function namedIn(query: Parameters, ...others: readonly string[]): LoginQuery {
  assertKnown(query, 'sub', 'client_id', ...others);
  return defined({ sub: query.get('sub'), clientId: query.get('client_id') });
}
