import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import type { PageAnswer } from './page-answer';
import { assertKnown, json, pageIn, read, recordIn, remove } from './request-body';
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
  constructor(private readonly users: AdminUsers) {}

  @Endpoint({ ...read, path: list, describe: usersOperation })
  async page(request: FastifyRequest): Promise<PageAnswer<UserAnswer>> {
    const query = queryOf(request);
    assertKnown(query, 'limit', 'after');
    return this.users.page(pageIn(query));
  }

  @Endpoint({ ...json, method: 'POST', path: list, status: 201, describe: addUserOperation })
  async add(request: FastifyRequest): Promise<UserAnswer> {
    return this.users.add(recordIn(request.body), request.events);
  }

  @Endpoint({ ...read, path: one, describe: userOperation })
  async find(request: FastifyRequest): Promise<UserAnswer> {
    return this.users.find(pathParameter(request, 'id'));
  }

  @Endpoint({ ...json, method: 'PATCH', path: one, describe: changeUserOperation })
  async change(request: FastifyRequest): Promise<UserAnswer> {
    return this.users.change(pathParameter(request, 'id'), recordIn(request.body), request.events);
  }

  @Endpoint({ ...remove, path: one, describe: removeUserOperation })
  async remove(request: FastifyRequest): Promise<void> {
    await this.users.remove(pathParameter(request, 'id'), request.events);
  }
}
