import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../../domain/clients/client';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { assertNoneRepeated, client, clientIdOf } from './client-authentication';
import { RevokeFlow } from './revoke.flow';
import { revokeOperation } from './revoke.openapi';

/** The revocation endpoint. Source: RFC 7009 §2. */
@Controller()
export class RevokeController {
  constructor(private readonly flow: RevokeFlow) {}

  /** 200 without a body, whatever the token. */
  @Endpoint({
    method: 'POST',
    path: '/revoke',
    access: client,
    precondition: assertNoneRepeated,
    body: 'form',
    origins: 'registered',
    limit: { name: 'revoke', address: 600, subject: 300, subjectOf: clientIdOf },
    metadata: 'revocation_endpoint',
    describe: revokeOperation,
  })
  async revoke(request: FastifyRequest, reply: FastifyReply, caller: Client): Promise<void> {
    await this.flow.revoke({ client: caller, token: formOf(request).get('token'), events: request.events });
    void reply.send();
  }
}
