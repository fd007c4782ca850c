import { Controller, Inject } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config';
import { type UserClaims, UserClaimsReader } from '../identity/user-claims';
import { Endpoint } from '../http/endpoint';
import { BearerAuthentication } from '../tokens/bearer-authentication';
import { TokenError } from '../tokens/token-error';
import { userinfoByPostOperation, userinfoOperation } from './userinfo.openapi';

/** Claims about the person that a token stands for. Source: OpenID Connect Core §5.3. */
@Controller()
export class UserinfoController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly bearer: BearerAuthentication,
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
  async userinfo(request: FastifyRequest): Promise<UserClaims & { readonly sub: string }> {
    const { sub, scope } = await this.bearer.authenticate(request);
    const granted = scope.split(' ');
    if (!granted.includes('openid')) {
      const challenge = `Bearer realm="${this.config.issuer}", error="insufficient_scope", scope="openid"`;
      throw new TokenError('scope_insufficient', { headers: { 'www-authenticate': challenge } });
    }
    return { sub, ...(await this.users.read(sub, granted)) };
  }
}
