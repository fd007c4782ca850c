import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { isDocumentUrl } from '../registration/client-document';
import { ClientDocuments } from '../registration/client-documents';
import { dpopRequestOf } from '../../domain/tokens/dpop-request';
import { ClientAuthentication, clientIdIn } from './client-authentication';
import { OAuthError } from './oauth-error';
import { parOperation } from './par.openapi';
import { type PushedResponse, PushRequestFlow } from './push-request.flow';

/** The pushed authorization request endpoint. Source: RFC 9126 §2. */
@Controller()
export class ParController {
  constructor(
    private readonly clientAuthentication: ClientAuthentication,
    private readonly documents: ClientDocuments,
    private readonly flow: PushRequestFlow,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/par',
    body: 'form',
    errorsInJson: true,
    status: 201,
    cache: 'no-store',
    origins: 'registered',
    limit: {
      name: 'par',
      address: 600,
      subject: 300,
      subjectOf: (request) => clientIdIn(request.headers.authorization, formOf(request)),
    },
    metadata: 'pushed_authorization_request_endpoint',
    describe: parOperation,
  })
  async push(request: FastifyRequest, reply: FastifyReply): Promise<PushedResponse> {
    const form = formOf(request);
    if (form.hasRepeated('resource')) throw new OAuthError('parameter_repeated');
    const clientId = clientIdIn(request.headers.authorization, form);
    if (isDocumentUrl(clientId)) await this.documents.find(clientId, request);
    const client = await this.clientAuthentication.authenticate(request.headers.authorization, form);
    request.events.concern({ clientId: client.clientId });
    return this.flow.push(client, form, dpopRequestOf(request, reply));
  }
}
