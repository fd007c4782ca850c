import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../../platform/http/endpoint';
import { addressOf } from '../identity/account-id';
import type { AccessTokenClaims } from './access-tokens';
import { meOperation } from './me.openapi';
import { TokenAuthentication } from './token-authentication';

export interface Me {
  readonly sub: string;
  readonly client_id: string;
  readonly scope: string;
  readonly amr: readonly string[];
  readonly model: AccessTokenClaims['model'];
  /** Of a wallet login. */
  readonly address?: string;
}

/** A protected resource, as an API team would write one: it tells whose token it was shown. */
@Controller()
export class MeController {
  constructor(private readonly tokens: TokenAuthentication) {}

  @Endpoint({ method: 'GET', path: '/api/me', cache: 'no-store', origins: 'registered', describe: meOperation })
  async me(request: FastifyRequest, reply: FastifyReply): Promise<Me> {
    const { sub, client_id, scope, amr, model } = await this.tokens.authenticate(request, reply);
    const address = addressOf(sub);
    return { sub, client_id, scope, amr, model, ...(address !== undefined && { address }) };
  }
}
