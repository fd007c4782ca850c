import { Controller, Inject, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { defined } from '../../platform/fields/fields';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import type { Parameters } from '../../platform/http/parameters';
import type { AdminLogins, LoginQuery } from './logins';
import type { Ended, LoginOperations } from './logins.openapi';
import type { PageAnswer } from './page-answer';
import { assertKnown, end, pageIn, read, remove } from './request-body';

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

    @Endpoint({ ...end, path, describe: operations.endAll })
    async endAll(request: FastifyRequest): Promise<Ended> {
      return { ended: await this.logins.endAll(namedIn(queryOf(request)), request.events) };
    }

    @Endpoint({ ...remove, path: `${path}/:id`, describe: operations.end })
    async end(request: FastifyRequest): Promise<void> {
      await this.logins.end(pathParameter(request, 'id'), request.events);
    }
  }
  return LoginsController;
}

/** Throws: FieldError for an unknown parameter: a mistyped filter must not select everything. */
function namedIn(query: Parameters, ...others: readonly string[]): LoginQuery {
  assertKnown(query, 'sub', 'client_id', ...others);
  return defined({ sub: query.get('sub'), clientId: query.get('client_id') });
}
