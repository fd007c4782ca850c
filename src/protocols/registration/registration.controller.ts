import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type JsonObject, objectIn } from '../../platform/fields/fields';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import { RegistrationAccess } from './registration-access';
import { RegistrationError } from './registration-error';
import {
  readRegistrationOperation,
  registerOperation,
  removeRegistrationOperation,
  replaceRegistrationOperation,
} from './registration.openapi';
import { type RegistrationAnswer, Registrations } from './registrations';

const one = '/register/:client_id';
const json = { body: 'json', notJson: () => new RegistrationError('registration_body_invalid') } as const;
const ofClient = {
  cache: 'no-store',
  origins: 'all',
  limit: {
    name: 'registration',
    address: 120,
    subject: 60,
    subjectOf: (request: FastifyRequest) => pathParameter(request, 'client_id'),
  },
} as const;

/** Where clients register themselves, and manage what they have registered. Source: RFC 7591 §3, RFC 7592 §2. */
@Controller()
export class RegistrationController {
  constructor(
    private readonly access: RegistrationAccess,
    private readonly registrations: Registrations,
  ) {}

  @Endpoint({
    ...json,
    method: 'POST',
    path: '/register',
    status: 201,
    cache: 'no-store',
    origins: 'all',
    limit: { name: 'register', address: 60, subject: 60, subjectOf: () => '' },
    metadata: 'registration_endpoint',
    describe: registerOperation,
  })
  async register(request: FastifyRequest): Promise<RegistrationAnswer> {
    const isTrusted = await this.access.isTrusted(request);
    return this.registrations.add(metadataIn(request), isTrusted ? undefined : request.client, request.events);
  }

  @Endpoint({ ...ofClient, method: 'GET', path: one, describe: readRegistrationOperation })
  async find(request: FastifyRequest): Promise<RegistrationAnswer> {
    return this.registrations.find(pathParameter(request, 'client_id'), tokenIn(request));
  }

  @Endpoint({ ...ofClient, ...json, method: 'PUT', path: one, describe: replaceRegistrationOperation })
  async replace(request: FastifyRequest): Promise<RegistrationAnswer> {
    const [clientId, token] = [pathParameter(request, 'client_id'), tokenIn(request)];
    return this.registrations.replace(clientId, token, metadataIn(request), request.events);
  }

  @Endpoint({ ...ofClient, method: 'DELETE', path: one, describe: removeRegistrationOperation })
  async remove(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.registrations.remove(pathParameter(request, 'client_id'), tokenIn(request), request.events);
    void reply.status(204).send();
  }
}

/** Throws: {@link RegistrationError}. */
function metadataIn({ body }: FastifyRequest): JsonObject {
  const metadata = objectIn(body);
  if (metadata === undefined) throw new RegistrationError('registration_body_invalid');
  return metadata;
}

/** Empty where there is none, which is nobody's. Source: RFC 6750 §2.1. */
function tokenIn({ headers: { authorization = '' } }: FastifyRequest): string {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  return token;
}
