import { Injectable } from '@nestjs/common';
import { GrantStore } from '../../domain/challenges/grant-store';
import type { Client } from '../../domain/clients/client';
import { Clock } from '../../platform/clock';
import type { Events } from '../../domain/events/events';
import { type AccessTokenClaims, AccessTokens } from '../../domain/tokens/access-tokens';
import { Grants } from '../../domain/tokens/grants';
import { isOfFamily, type ParsedRefreshToken, parseRefreshToken } from '../../domain/tokens/refresh-token';
import { OAuthError } from './oauth-error';

/** A request of an authenticated client to revoke a token. */
export interface Revocation {
  readonly client: Client;
  readonly token: string | undefined;
  readonly events: Events;
}

/**
 * Revokes a token of the calling client. About any other text it reveals nothing, not even that it is another client's token.
 * Source: RFC 7009 §2.1.
 */
@Injectable()
export class RevokeFlow {
  constructor(
    private readonly clock: Clock,
    private readonly store: GrantStore,
    private readonly grants: Grants,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** Throws: {@link OAuthError} without a token. */
  async revoke({ client, token, events }: Revocation): Promise<void> {
    if (token === undefined) throw new OAuthError('token_required');
    const shown = parseRefreshToken(token);
    if (shown !== undefined) return this.revokeGrant(shown, client, events);
    const claims = await this.accessTokens.read(token);
    if (claims?.client_id === client.clientId) await this.revokeAccessToken(claims, events);
  }

  /** A refresh token revokes its whole grant, even a former one. Source: RFC 7009 §2.1. */
  private async revokeGrant(shown: ParsedRefreshToken, { clientId }: Client, events: Events): Promise<void> {
    const grant = await this.store.find(shown.grantId);
    if (grant?.refresh === undefined || grant.clientId !== clientId) return;
    if (isOfFamily(shown, grant.refresh.family)) await this.grants.revoke(grant, 'client', events);
  }

  private async revokeAccessToken({ grant_id, jti, exp }: AccessTokenClaims, events: Events): Promise<void> {
    const grant = await this.store.find(grant_id);
    if (grant === undefined || grant.revokedAt !== undefined) return;
    const { id: grantId, clientId, authentication } = grant;
    const isKept = await this.store.revokeToken(grantId, { jti, expiresAt: exp * 1000 }, this.clock.now());
    if (isKept) events.emit({ type: 'access_token_revoked', clientId, sub: authentication.sub, grantId });
    // The list of revoked tokens is full: rather revoke more than was asked for than less.
    else await this.grants.revoke(grant, 'client', events);
  }
}
