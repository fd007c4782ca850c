import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import type { Parameters } from '../../platform/http/parameters';
import { AdminAccess } from './admin-access';
import { AdminLogins, type GrantAnswer, type LoginQuery, type SessionAnswer } from './logins';
import {
  endGrantOperation,
  endGrantsOperation,
  endSessionOperation,
  endSessionsOperation,
  grantsOperation,
  sessionsOperation,
} from './logins.openapi';
import type { PageAnswer } from './page-answer';
import { assertKnown, pageIn } from './request-body';

/** How many were ended. */
interface Ended {
  readonly ended: number;
}

/** What logins left, for operators: grants and sessions that live. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminLoginsController {
  constructor(
    private readonly access: AdminAccess,
    private readonly logins: AdminLogins,
  ) {}

  @Endpoint({ method: 'GET', path: '/admin/grants', cache: 'no-store', describe: grantsOperation })
  async grants(request: FastifyRequest): Promise<PageAnswer<GrantAnswer>> {
    await this.access.assertGiven(request);
    const query = queryOf(request);
    return this.logins.grantPage(namedIn(query, 'limit', 'after'), pageIn(query));
  }

  @Endpoint({ method: 'DELETE', path: '/admin/grants', cache: 'no-store', describe: endGrantsOperation })
  async endGrants(request: FastifyRequest): Promise<Ended> {
    await this.access.assertGiven(request);
    return { ended: await this.logins.endGrants(namedIn(queryOf(request)), request.events) };
  }

  @Endpoint({ method: 'DELETE', path: '/admin/grants/:id', cache: 'no-store', describe: endGrantOperation })
  async endGrant(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.access.assertGiven(request);
    await this.logins.endGrant(pathParameter(request, 'id'), request.events);
    void reply.status(204).send();
  }

  @Endpoint({ method: 'GET', path: '/admin/sessions', cache: 'no-store', describe: sessionsOperation })
  async sessions(request: FastifyRequest): Promise<PageAnswer<SessionAnswer>> {
    await this.access.assertGiven(request);
    const query = queryOf(request);
    return this.logins.sessionPage(namedIn(query, 'limit', 'after'), pageIn(query));
  }

  @Endpoint({ method: 'DELETE', path: '/admin/sessions', cache: 'no-store', describe: endSessionsOperation })
  async endSessions(request: FastifyRequest): Promise<Ended> {
    await this.access.assertGiven(request);
    return { ended: await this.logins.endSessions(namedIn(queryOf(request)), request.events) };
  }

  @Endpoint({ method: 'DELETE', path: '/admin/sessions/:id', cache: 'no-store', describe: endSessionOperation })
  async endSession(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.access.assertGiven(request);
    await this.logins.endSession(pathParameter(request, 'id'), request.events);
    void reply.status(204).send();
  }
}

/** Throws: FieldError for a parameter that is not known: whoever mistypes one means fewer than all. */
function namedIn(query: Parameters, ...others: readonly string[]): LoginQuery {
  assertKnown(query, 'sub', 'client_id', ...others);
  const [sub, clientId] = [query.get('sub'), query.get('client_id')];
  return { ...(sub !== undefined && { sub }), ...(clientId !== undefined && { clientId }) };
}
