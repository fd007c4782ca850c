import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import type { Access, Guard } from '../../platform/http/access';
import { Parameters } from '../../platform/http/parameters';
import { type AccessTokenClaims, AccessTokens, type ValidToken } from './access-tokens';
import { DpopError, DpopResourceError, type WrongProof } from './dpop-error';
import { dpopAlgorithms } from './dpop-proof';
import { DpopProofs } from './dpop-proofs';
import { dpopRequestOf } from './dpop-request';
import { TokenError, type TokenErrorReason } from './token-error';

type Scheme = 'Bearer' | 'DPoP';

const schemes = /^(?:Bearer|DPoP) +([\w~+/.-]+=*)$/i;

/**
 * Verifies the access token of a request, in its `Authorization` header or, where the endpoint reads a form, in its body, and
 * the key that the token is bound to. Source: RFC 6750 §2.1, §2.2, §3; RFC 9449 §7.
 */
@Injectable()
export class TokenAuthentication implements Guard<AccessTokenClaims> {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly accessTokens: AccessTokens,
    private readonly dpop: DpopProofs,
  ) {}

  /** As {@link authenticate}. Throws: {@link TokenError} also for a valid token without the scope. Source: RFC 6750 §3.1. */
  async admit(request: FastifyRequest, reply: FastifyReply, { scope }: Access): Promise<AccessTokenClaims> {
    const claims = await this.authenticate(request, reply);
    if (scope === undefined || claims.scope.split(' ').includes(scope)) return claims;
    const scheme = claims.cnf === undefined ? 'Bearer' : 'DPoP';
    const challenge = this.challenge(scheme, 'insufficient_scope', `, scope="${scope}"`);
    throw new TokenError('scope_insufficient', { headers: { 'www-authenticate': challenge } });
  }

  /** Throws: {@link TokenError} for a missing or invalid token; {@link DpopResourceError} without its key. */
  async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<AccessTokenClaims> {
    const { headers, body } = request;
    const { authorization } = headers;
    const inBody = body instanceof Parameters ? body.getAll('access_token') : [];
    const ways = inBody.length + (authorization === undefined ? 0 : 1);
    if (ways > 1) throw new TokenError('access_token_repeated');
    if (ways === 0) throw this.tokenRequired();
    const [, token] = schemes.exec(authorization ?? `Bearer ${inBody[0]}`) ?? [];
    const scheme = /^DPoP\b/i.test(authorization ?? '') ? 'DPoP' : 'Bearer';
    if (token === undefined) throw this.refusal(scheme, 'access_token_invalid');
    const valid = await this.verified(token, scheme);
    const { cnf } = valid.claims;
    if (cnf === undefined && scheme === 'Bearer') return valid.claims;
    // A key-bound token is no bearer token, and a bearer token no key-bound one. Source: RFC 9449 §7.1, §7.2.
    if (cnf === undefined) throw this.keyRefusal('dpop_key_mismatch');
    if (scheme === 'Bearer') throw this.keyRefusal('bearer');
    try {
      await this.dpop.prove(dpopRequestOf(request, reply), valid.client, { accessToken: token, jkt: cnf.jkt });
    } catch (error) {
      throw error instanceof DpopError ? this.keyRefusal(error.wrong) : error;
    }
    return valid.claims;
  }

  private async verified(token: string, scheme: Scheme): Promise<ValidToken> {
    try {
      return await this.accessTokens.verify(token);
    } catch (error) {
      throw error instanceof TokenError ? this.refusal(scheme, error.reason) : error;
    }
  }

  /** Without credentials the challenge lists every accepted scheme and no error. Source: RFC 6750 §3.1, RFC 9449 §7.1. */
  private tokenRequired(): TokenError {
    const challenge = `Bearer realm="${this.config.issuer}", DPoP algs="${dpopAlgorithms.join(' ')}"`;
    return new TokenError('access_token_required', { headers: { 'www-authenticate': challenge } });
  }

  private refusal(scheme: Scheme, reason: TokenErrorReason): TokenError {
    return new TokenError(reason, { headers: { 'www-authenticate': this.challenge(scheme, 'invalid_token') } });
  }

  private keyRefusal(wrong: WrongProof | 'bearer'): DpopResourceError {
    return new DpopResourceError(wrong, (error) => this.challenge('DPoP', error));
  }

  private challenge(scheme: Scheme, error: string, more = ''): string {
    if (scheme === 'Bearer') return `Bearer realm="${this.config.issuer}", error="${error}"${more}`;
    return `DPoP error="${error}"${more}, algs="${dpopAlgorithms.join(' ')}"`;
  }
}

/** Requires an access token, with this scope if one is given. */
export function accessToken(scope?: string): Access<AccessTokenClaims> {
  const access = { by: 'access token', security: [{ bearer: [] }, { dpop: [] }], guard: TokenAuthentication } as const;
  return scope === undefined ? access : { ...access, scope };
}
