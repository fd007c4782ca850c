import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config';
import { Parameters } from '../http/parameters';
import { type AccessTokenClaims, AccessTokens } from './access-tokens';
import { TokenError, type TokenErrorReason } from './token-error';

/**
 * Tells whose access token a request shows, in its `Authorization` header or, where the endpoint reads a form, in its
 * body. Source: RFC 6750 §2.1, §2.2, §3.
 */
@Injectable()
export class BearerAuthentication {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** Throws: {@link TokenError} without a token, and for one that is not valid. */
  async authenticate({ headers, body }: FastifyRequest): Promise<AccessTokenClaims> {
    const { authorization } = headers;
    const inBody = body instanceof Parameters ? body.get('access_token') : undefined;
    if (authorization !== undefined && inBody !== undefined) throw new TokenError('access_token_repeated');
    // Without credentials the challenge names no error. Source: RFC 6750 §3.1.
    if (authorization === undefined && inBody === undefined) throw this.refusal('access_token_required', '');
    const [, token] = /^Bearer +([\w~+/.-]+=*)$/i.exec(authorization ?? `Bearer ${inBody}`) ?? [];
    if (token === undefined) throw this.refusal('access_token_invalid');
    try {
      return await this.accessTokens.verify(token);
    } catch (error) {
      throw error instanceof TokenError ? this.refusal(error.reason) : error;
    }
  }

  private refusal(reason: TokenErrorReason, error = `, error="invalid_token"`): TokenError {
    return new TokenError(reason, { headers: { 'www-authenticate': `Bearer realm="${this.config.issuer}"${error}` } });
  }
}
