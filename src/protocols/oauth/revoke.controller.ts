import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { ClientAuthentication, clientIdIn } from './client-authentication';
import { OAuthError } from './oauth-error';
import { RevokeFlow } from './revoke.flow';
import { revokeOperation } from './revoke.openapi';

/** The revocation endpoint. Source: RFC 7009 §2. */
@Controller()
export class RevokeController {
  constructor(
    private readonly clientAuthentication: ClientAuthentication,
    private readonly flow: RevokeFlow,
  ) {}

  /** 200 without a body, whatever the token. Throws: {@link OAuthError}. */
  @Endpoint({
    method: 'POST',
    path: '/revoke',
    body: 'form',
    cache: 'no-store',
    origins: 'registered',
    limit: {
      name: 'revoke',
      address: 600,
      subject: 300,
      subjectOf: (request) => clientIdIn(request.headers.authorization, formOf(request)),
    },
    metadata: 'revocation_endpoint',
    describe: revokeOperation,
  })
  async revoke(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    if (form.hasRepeated()) throw new OAuthError('parameter_repeated');
    const client = await this.clientAuthentication.authenticate(request.headers.authorization, form);
    const { events } = request;
    events.concern({ clientId: client.clientId });
    await this.flow.revoke({ client, token: form.get('token'), events });
    void reply.send();
  }
}
