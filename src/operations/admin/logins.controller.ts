import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import type { Parameters } from '../../platform/http/parameters';
import { AdminLogins, type LoginQuery } from './logins';
import {
  type Ended,
  endGrantOperation,
  endGrantsOperation,
  endSessionOperation,
  endSessionsOperation,
  type GrantAnswer,
  grantsOperation,
  type SessionAnswer,
  sessionsOperation,
} from './logins.openapi';
import type { PageAnswer } from './page-answer';
import { assertKnown, end, pageIn, read, remove } from './request-body';

/** What logins left, for operators: grants and sessions that live. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminLoginsController {
  constructor(private readonly logins: AdminLogins) {}

  @Endpoint({ ...read, path: '/admin/grants', describe: grantsOperation })
  async grants(request: FastifyRequest): Promise<PageAnswer<GrantAnswer>> {
    const query = queryOf(request);
    return this.logins.grantPage(namedIn(query, 'limit', 'after'), pageIn(query));
  }

  @Endpoint({ ...end, path: '/admin/grants', describe: endGrantsOperation })
  async endGrants(request: FastifyRequest): Promise<Ended> {
    return { ended: await this.logins.endGrants(namedIn(queryOf(request)), request.events) };
  }

  @Endpoint({ ...remove, path: '/admin/grants/:id', describe: endGrantOperation })
  async endGrant(request: FastifyRequest): Promise<void> {
    await this.logins.endGrant(pathParameter(request, 'id'), request.events);
  }

  @Endpoint({ ...read, path: '/admin/sessions', describe: sessionsOperation })
  async sessions(request: FastifyRequest): Promise<PageAnswer<SessionAnswer>> {
    const query = queryOf(request);
    return this.logins.sessionPage(namedIn(query, 'limit', 'after'), pageIn(query));
  }

  @Endpoint({ ...end, path: '/admin/sessions', describe: endSessionsOperation })
  async endSessions(request: FastifyRequest): Promise<Ended> {
    return { ended: await this.logins.endSessions(namedIn(queryOf(request)), request.events) };
  }

  @Endpoint({ ...remove, path: '/admin/sessions/:id', describe: endSessionOperation })
  async endSession(request: FastifyRequest): Promise<void> {
    await this.logins.endSession(pathParameter(request, 'id'), request.events);
  }
}

/** Throws: FieldError for a parameter that is not known: whoever mistypes one means fewer than all. */
function namedIn(query: Parameters, ...others: readonly string[]): LoginQuery {
  assertKnown(query, 'sub', 'client_id', ...others);
  const [sub, clientId] = [query.get('sub'), query.get('client_id')];
  return { ...(sub !== undefined && { sub }), ...(clientId !== undefined && { clientId }) };
}
