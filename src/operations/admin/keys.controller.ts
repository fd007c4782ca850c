import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Endpoint } from '../../platform/http/endpoint';
import { FieldError } from '../../platform/fields/field-error';
import { defined } from '../../platform/fields/fields';
import { AdminKeys } from './keys';
import { keysOperation, rotateKeysOperation } from './keys.openapi';
import { json, optionIn, read } from './request-body';

/** The signing keys, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminKeysController {
  constructor(private readonly keys: AdminKeys) {}

  @Endpoint({ ...read, path: '/admin/keys', describe: keysOperation })
  async list(): ReturnType<AdminKeys['list']> {
    return this.keys.list();
  }

  @Endpoint({ ...json, method: 'POST', path: '/admin/keys/rotate', describe: rotateKeysOperation })
  async rotate(request: FastifyRequest): ReturnType<AdminKeys['rotate']> {
    const immediately = optionIn(request.body, 'immediately') ?? undefined;
    if (immediately !== undefined && typeof immediately !== 'boolean') {
      throw new FieldError('immediately', 'true or false');
    }
    return this.keys.rotate(defined({ immediately }), request.events);
  }
}
