import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type UserClaims, UserClaimsReader } from '../../domain/identity/user-claims';
import { Endpoint } from '../../platform/http/endpoint';
import type { AccessTokenClaims } from '../../domain/tokens/access-tokens';
import { accessToken } from '../../domain/tokens/token-authentication';
import { userinfoByPostOperation, userinfoOperation } from './userinfo.openapi';

const shared = {
  path: '/userinfo',
  access: accessToken('openid'),
  origins: 'registered',
} as const;

/** Claims about the end-user of a token. Source: OpenID Connect Core §5.3. */
@Controller()
export class UserinfoController {
  constructor(private readonly users: UserClaimsReader) {}

  @Endpoint({ ...shared, method: 'GET', metadata: 'userinfo_endpoint', describe: userinfoOperation })
  @Endpoint({ ...shared, method: 'POST', body: 'form', describe: userinfoByPostOperation })
  async userinfo(
    _request: FastifyRequest,
    _reply: FastifyReply,
    { sub, scope }: AccessTokenClaims,
  ): Promise<UserClaims & { readonly sub: string }> {
    return { sub, ...(await this.users.read(sub, scope.split(' '))) };
  }
}
