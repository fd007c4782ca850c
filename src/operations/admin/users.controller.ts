import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import { AdminAccess } from './admin-access';
import type { PageAnswer } from './page-answer';
import { assertKnown, json, pageIn, recordIn } from './request-body';
import type { UserAnswer } from './user-fields';
import { AdminUsers } from './users';
import {
  addUserOperation,
  changeUserOperation,
  removeUserOperation,
  userOperation,
  usersOperation,
} from './users.openapi';

const list = '/admin/users';
const one = '/admin/users/:id';

/** The users, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminUsersController {
  constructor(
    private readonly access: AdminAccess,
    private readonly users: AdminUsers,
  ) {}

  @Endpoint({ method: 'GET', path: list, cache: 'no-store', describe: usersOperation })
  async page(request: FastifyRequest): Promise<PageAnswer<UserAnswer>> {
    await this.access.assertGiven(request);
    const query = queryOf(request);
    assertKnown(query, 'limit', 'after');
    return this.users.page(pageIn(query));
  }

  @Endpoint({ ...json, method: 'POST', path: list, status: 201, describe: addUserOperation })
  async add(request: FastifyRequest): Promise<UserAnswer> {
    await this.access.assertGiven(request);
    return this.users.add(recordIn(request.body), request.events);
  }

  @Endpoint({ method: 'GET', path: one, cache: 'no-store', describe: userOperation })
  async find(request: FastifyRequest): Promise<UserAnswer> {
    await this.access.assertGiven(request);
    return this.users.find(pathParameter(request, 'id'));
  }

  @Endpoint({ ...json, method: 'PATCH', path: one, describe: changeUserOperation })
  async change(request: FastifyRequest): Promise<UserAnswer> {
    await this.access.assertGiven(request);
    return this.users.change(pathParameter(request, 'id'), recordIn(request.body), request.events);
  }

  @Endpoint({ method: 'DELETE', path: one, cache: 'no-store', describe: removeUserOperation })
  async remove(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.access.assertGiven(request);
    await this.users.remove(pathParameter(request, 'id'), request.events);
    void reply.status(204).send();
  }
}
