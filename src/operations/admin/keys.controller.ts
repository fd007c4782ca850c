import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Endpoint } from '../../platform/http/endpoint';
import { AdminAccess } from './admin-access';
import { FieldError } from '../../platform/fields/field-error';
import { AdminKeys } from './keys';
import { keysOperation, rotateKeysOperation } from './keys.openapi';
import { json, optionIn } from './request-body';

/** The signing keys, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminKeysController {
  constructor(
    private readonly access: AdminAccess,
    private readonly keys: AdminKeys,
  ) {}

  @Endpoint({ method: 'GET', path: '/admin/keys', cache: 'no-store', describe: keysOperation })
  async list(request: FastifyRequest): ReturnType<AdminKeys['list']> {
    await this.access.assertGiven(request);
    return this.keys.list();
  }

  @Endpoint({ ...json, method: 'POST', path: '/admin/keys/rotate', describe: rotateKeysOperation })
  async rotate(request: FastifyRequest): ReturnType<AdminKeys['rotate']> {
    await this.access.assertGiven(request);
    const immediately = optionIn(request.body, 'immediately') ?? false;
    if (typeof immediately !== 'boolean') throw new FieldError('immediately', 'true or false');
    return this.keys.rotate(immediately, request.events);
  }
}
