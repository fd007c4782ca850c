import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Acting } from '../../domain/operators/operators';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import { recordIn, support } from './request-body';
import { AdminUserLinks, type LinkAnswer } from './user-links';
import { makeUserLinkOperation } from './user-links.openapi';

/** Invitations and recoveries, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminUserLinksController {
  constructor(private readonly links: AdminUserLinks) {}

  @Endpoint({
    ...support,
    method: 'POST',
    path: '/admin/users/:id/links',
    status: 201,
    describe: makeUserLinkOperation,
  })
  async make(request: FastifyRequest, _reply: FastifyReply, by: Acting): Promise<LinkAnswer> {
    return this.links.make(pathParameter(request, 'id'), recordIn(request.body), request.events, by);
  }
}
