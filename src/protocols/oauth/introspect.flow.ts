import { Inject, Injectable } from '@nestjs/common';
import { GrantStore } from '../../domain/challenges/grant-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { type AccessTokenClaims, AccessTokens } from '../../domain/tokens/access-tokens';
import { isOfFamily, type ParsedRefreshToken, parseRefreshToken } from '../../domain/tokens/refresh-token';
import { TokenError } from '../../domain/tokens/token-error';
import type { ActiveToken, IntrospectionAnswer } from './introspect.openapi';
import type { Introspector } from './introspector-authentication';
import { OAuthError } from './oauth-error';

/** An authenticated introspection request. */
export interface Introspection {
  readonly introspector: Introspector;
  readonly token: string | undefined;
}

/** Tells the resource server or client of a token what the token is and whether it is active. Source: RFC 7662 §2. */
@Injectable()
export class IntrospectFlow {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly grants: GrantStore,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** Throws: {@link OAuthError} without a token. */
  async introspect({ introspector, token }: Introspection): Promise<IntrospectionAnswer> {
    if (token === undefined) throw new OAuthError('token_required');
    const shown = parseRefreshToken(token);
    const found = shown === undefined ? this.accessToken(token, introspector) : this.refreshToken(shown, introspector);
    return (await found) ?? { active: false };
  }

  private async accessToken(token: string, introspector: Introspector): Promise<ActiveToken | undefined> {
    const claims = await this.validClaims(token);
    if (claims === undefined || !this.concerns(claims, introspector)) return undefined;
    const { iss, sub, aud, client_id, scope, iat, exp, jti, cnf, auth_time, amr, acr } = claims;
    const token_type = cnf === undefined ? 'Bearer' : 'DPoP';
    const login = { ...(auth_time !== undefined && { auth_time, amr }), ...(acr !== undefined && { acr }) };
    return { active: true, iss, sub, aud, client_id, scope, iat, exp, jti, token_type, ...login, ...(cnf && { cnf }) };
  }

  private async validClaims(token: string): Promise<AccessTokenClaims | undefined> {
    try {
      return (await this.accessTokens.verifyForAny(token)).claims;
    } catch (error) {
      if (error instanceof TokenError) return undefined;
      throw error;
    }
  }

  private concerns({ aud, client_id }: AccessTokenClaims, introspector: Introspector): boolean {
    if ('client' in introspector) return client_id === introspector.client.clientId;
    const { identifier } = introspector.api;
    // A former API with this server's identifier is not the audience of this server's tokens.
    if (identifier === this.config.issuer) return false;
    return typeof aud === 'string' ? aud === identifier : aud.includes(identifier);
  }

  /** Only the current refresh token of a grant, and only for its client. */
  private async refreshToken(shown: ParsedRefreshToken, introspector: Introspector): Promise<ActiveToken | undefined> {
    const grant = await this.grants.find(shown.grantId);
    if (grant?.refresh === undefined || !('client' in introspector)) return undefined;
    const { clientId, authentication, scope, createdAt, refresh, revokedAt } = grant;
    const isCurrent = isOfFamily(shown, refresh.family) && shown.secretHash === refresh.current;
    if (!isCurrent || clientId !== introspector.client.clientId) return undefined;
    if (revokedAt !== undefined || refresh.expiresAt <= this.clock.now()) return undefined;
    return {
      active: true,
      iss: this.config.issuer,
      sub: authentication.sub,
      client_id: clientId,
      scope: scope.join(' '),
      iat: Math.floor(createdAt / 1000),
      exp: Math.floor(refresh.expiresAt / 1000),
      ...(refresh.jkt !== undefined && { cnf: { jkt: refresh.jkt } }),
    };
  }
}
