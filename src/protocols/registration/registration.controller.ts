import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type JsonObject, objectIn } from '../../platform/fields/fields';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import { registrant } from './registration-access';
import { RegistrationError } from './registration-error';
import {
  readRegistrationOperation,
  registerOperation,
  type RegistrationAnswer,
  removeRegistrationOperation,
  replaceRegistrationOperation,
} from './registration.openapi';
import { type OwnRegistration, registeredClient, Registrations } from './registrations';

const json = { body: 'json', notJson: () => new RegistrationError('registration_body_invalid') } as const;
const ofClient = {
  path: '/register/:client_id',
  access: registeredClient,
  origins: 'all',
  limit: {
    name: 'registration',
    address: 120,
    subject: 60,
    subjectOf: (request: FastifyRequest) => pathParameter(request, 'client_id'),
  },
} as const;

/** The endpoints where clients register themselves and manage their registration. Source: RFC 7591 §3, RFC 7592 §2. */
@Controller()
export class RegistrationController {
  constructor(private readonly registrations: Registrations) {}

  @Endpoint({
    ...json,
    method: 'POST',
    path: '/register',
    access: registrant,
    status: 201,
    origins: 'all',
    limit: { name: 'register', address: 60, subject: 60, subjectOf: () => '' },
    metadata: 'registration_endpoint',
    describe: registerOperation,
  })
  async register(request: FastifyRequest, _reply: FastifyReply, isTrusted: boolean): Promise<RegistrationAnswer> {
    return this.registrations.add(metadataIn(request), isTrusted ? undefined : request.client, request.events);
  }

  @Endpoint({ ...ofClient, method: 'GET', describe: readRegistrationOperation })
  find(_request: FastifyRequest, _reply: FastifyReply, owned: OwnRegistration): RegistrationAnswer {
    return this.registrations.find(owned);
  }

  @Endpoint({
    ...ofClient,
    ...json,
    method: 'PUT',
    precondition: (request) => void metadataIn(request),
    describe: replaceRegistrationOperation,
  })
  async replace(request: FastifyRequest, _reply: FastifyReply, owned: OwnRegistration): Promise<RegistrationAnswer> {
    return this.registrations.replace(owned, metadataIn(request), request.events);
  }

  @Endpoint({ ...ofClient, method: 'DELETE', status: 204, describe: removeRegistrationOperation })
  async remove(request: FastifyRequest, _reply: FastifyReply, { client }: OwnRegistration): Promise<void> {
    await this.registrations.remove(client, request.events);
  }
}

/** Throws: {@link RegistrationError}. */
function metadataIn({ body }: FastifyRequest): JsonObject {
  const metadata = objectIn(body);
  if (metadata === undefined) throw new RegistrationError('registration_body_invalid');
  return metadata;
}
