import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../../domain/clients/client';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { dpopRequestOf } from '../../domain/tokens/dpop-request';
import { assertNoneRepeated, clientIdOf } from './client-authentication';
import { parOperation, type PushedResponse } from './par.openapi';
import { pushingClient } from './pushing-client';
import { PushRequestFlow } from './push-request.flow';

/** The pushed authorization request endpoint. Source: RFC 9126 §2. */
@Controller()
export class ParController {
  constructor(private readonly flow: PushRequestFlow) {}

  @Endpoint({
    method: 'POST',
    path: '/par',
    access: pushingClient,
    precondition: (request) => assertNoneRepeated(request, 'resource'),
    body: 'form',
    errorsInJson: true,
    status: 201,
    origins: 'registered',
    limit: { name: 'par', address: 600, subject: 300, subjectOf: clientIdOf },
    metadata: 'pushed_authorization_request_endpoint',
    describe: parOperation,
  })
  async push(request: FastifyRequest, reply: FastifyReply, client: Client): Promise<PushedResponse> {
    return this.flow.push(client, formOf(request), dpopRequestOf(request, reply));
  }
}
