import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config';
import { Parameters } from '../http/parameters';
import { type AccessTokenClaims, AccessTokens } from './access-tokens';
import { TokenError, type TokenErrorReason } from './token-error';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by {@link BearerGuard}. */
    accessToken?: AccessTokenClaims;
  }
}

/**
 * Lets a request pass that shows a valid access token in its `Authorization` header, or, where the route reads a form, in
 * its body. Source: RFC 6750 §2.1, §2.2, §3.
 */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly accessTokens: AccessTokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization } = request.headers;
    const inBody = request.body instanceof Parameters ? request.body.get('access_token') : undefined;
    if (authorization !== undefined && inBody !== undefined) throw new TokenError('access_token_repeated');
    // Without credentials the challenge names no error. Source: RFC 6750 §3.1.
    if (authorization === undefined && inBody === undefined) throw this.refusal('access_token_required', '');
    const [, token] = /^Bearer +([\w~+/.-]+=*)$/i.exec(authorization ?? `Bearer ${inBody}`) ?? [];
    if (token === undefined) throw this.refusal('access_token_invalid');
    try {
      request.accessToken = await this.accessTokens.verify(token);
    } catch (error) {
      throw error instanceof TokenError ? this.refusal(error.reason) : error;
    }
    return true;
  }

  private refusal(reason: TokenErrorReason, error = `, error="invalid_token"`): TokenError {
    return new TokenError(reason, { headers: { 'www-authenticate': `Bearer realm="${this.config.issuer}"${error}` } });
  }
}
