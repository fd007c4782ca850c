import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { assertNoneRepeated, clientIdOf } from './client-authentication';
import { IntrospectFlow } from './introspect.flow';
import { type IntrospectionAnswer, introspectOperation } from './introspect.openapi';
import { introspector, type Introspector } from './introspector-authentication';

/** The introspection endpoint. Source: RFC 7662 §2. */
@Controller()
export class IntrospectController {
  constructor(private readonly flow: IntrospectFlow) {}

  @Endpoint({
    method: 'POST',
    path: '/introspect',
    access: introspector,
    precondition: assertNoneRepeated,
    body: 'form',
    // An API may ask once for each of its own requests.
    limit: { name: 'introspect', address: 6_000, subject: 6_000, subjectOf: clientIdOf },
    metadata: 'introspection_endpoint',
    describe: introspectOperation,
  })
  async introspect(request: FastifyRequest, _reply: FastifyReply, caller: Introspector): Promise<IntrospectionAnswer> {
    return this.flow.introspect({ introspector: caller, token: formOf(request).get('token') });
  }
}
