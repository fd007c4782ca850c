import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../../platform/http/endpoint';
import { addressOf } from '../identity/account-id';
import type { AccessTokenClaims } from './access-tokens';
import { type Me, meOperation } from './me.openapi';
import { accessToken } from './token-authentication';

/** An example of a protected resource: returns whose token it was shown. */
@Controller()
export class MeController {
  @Endpoint({ method: 'GET', path: '/api/me', access: accessToken(), origins: 'registered', describe: meOperation })
  me(_request: FastifyRequest, _reply: FastifyReply, { sub, client_id, scope, amr, model }: AccessTokenClaims): Me {
    const address = addressOf(sub);
    return { sub, client_id, scope, amr, model, ...(address !== undefined && { address }) };
  }
}
