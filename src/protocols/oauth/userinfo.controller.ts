import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type UserClaims, UserClaimsReader } from '../../domain/identity/user-claims';
import { Endpoint } from '../../platform/http/endpoint';
import { TokenAuthentication } from '../../domain/tokens/token-authentication';
import { userinfoByPostOperation, userinfoOperation } from './userinfo.openapi';

/** Claims about the person that a token stands for. Source: OpenID Connect Core §5.3. */
@Controller()
export class UserinfoController {
  constructor(
    private readonly tokens: TokenAuthentication,
    private readonly users: UserClaimsReader,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/userinfo',
    cache: 'no-store',
    origins: 'registered',
    metadata: 'userinfo_endpoint',
    describe: userinfoOperation,
  })
  @Endpoint({
    method: 'POST',
    path: '/userinfo',
    body: 'form',
    cache: 'no-store',
    origins: 'registered',
    describe: userinfoByPostOperation,
  })
  async userinfo(request: FastifyRequest, reply: FastifyReply): Promise<UserClaims & { readonly sub: string }> {
    const claims = await this.tokens.authenticate(request, reply);
    const { sub } = claims;
    const granted = claims.scope.split(' ');
    if (!granted.includes('openid')) throw this.tokens.scopeRefusal(claims, 'openid');
    return { sub, ...(await this.users.read(sub, granted)) };
  }
}
