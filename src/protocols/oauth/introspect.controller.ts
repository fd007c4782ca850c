import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { clientIdIn } from './client-authentication';
import { type IntrospectionAnswer, IntrospectFlow } from './introspect.flow';
import { introspectOperation } from './introspect.openapi';
import { IntrospectorAuthentication } from './introspector-authentication';
import { OAuthError } from './oauth-error';

/** The introspection endpoint. Source: RFC 7662 §2. */
@Controller()
export class IntrospectController {
  constructor(
    private readonly authentication: IntrospectorAuthentication,
    private readonly flow: IntrospectFlow,
  ) {}

  /** Throws: {@link OAuthError}. */
  @Endpoint({
    method: 'POST',
    path: '/introspect',
    body: 'form',
    cache: 'no-store',
    // An API may ask for each of its own requests.
    limit: {
      name: 'introspect',
      address: 6_000,
      subject: 6_000,
      subjectOf: (request) => clientIdIn(request.headers.authorization, formOf(request)),
    },
    metadata: 'introspection_endpoint',
    describe: introspectOperation,
  })
  async introspect(request: FastifyRequest): Promise<IntrospectionAnswer> {
    const form = formOf(request);
    if (form.hasRepeated()) throw new OAuthError('parameter_repeated');
    const introspector = await this.authentication.authenticate(request.headers.authorization, form);
    if ('client' in introspector) request.events.concern({ clientId: introspector.client.clientId });
    return this.flow.introspect({ introspector, token: form.get('token') });
  }
}
