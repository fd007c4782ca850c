import { Injectable } from '@nestjs/common';
import type { Grant, RefreshState } from '../../domain/challenges/grant';
import { GrantStore } from '../../domain/challenges/grant-store';
import type { Client } from '../../domain/clients/client';
import { isOfFapi2 } from '../../domain/clients/fapi2';
import { Clock } from '../../platform/clock';
import { decryptSecret, encryptSecret } from '../../domain/credentials/encrypted-secret';
import type { Events } from '../../domain/events/events';
import { Audiences } from '../../domain/tokens/audiences';
import { wrongKey } from '../../domain/tokens/dpop-error';
import { Grants } from '../../domain/tokens/grants';
import { isOfFamily, type ParsedRefreshToken, parseRefreshToken, successorOf } from '../../domain/tokens/refresh-token';
import { TokenError } from '../../domain/tokens/token-error';
import { TokenIssuer } from '../../domain/tokens/token-issuer';
import type { TokenResponse } from '../../domain/tokens/token-response.openapi';
import { OAuthError } from './oauth-error';

/** Seconds in which a client that lost the response may retry with its old token, unless the client sets its own. */
const defaultGrace = 10;
/** Attempts when a concurrent request wins the rotation. */
const attempts = 3;

/** A request of an authenticated client to refresh. */
export interface RefreshRequest {
  readonly client: Client;
  readonly refreshToken: string | undefined;
  /** The requested scope; empty: all that was granted. */
  readonly scope: readonly string[];
  /** The resource of the access token; for the default see {@link Audiences.of}. */
  readonly resource: string | undefined;
  /** RFC 7638 thumbprint of the key that the request proved. */
  readonly jkt: string | undefined;
  readonly events: Events;
}

interface Rotation {
  readonly grant: Grant;
  readonly refreshToken: string;
  readonly repeated: boolean;
}

/**
 * From a refresh token to its successor and a new access token, in both models: one conditional update of the grant.
 * Source: RFC 6749 §6, RFC 9700 §4.14.2.
 */
@Injectable()
export class RefreshFlow {
  constructor(
    private readonly clock: Clock,
    private readonly store: GrantStore,
    private readonly grants: Grants,
    private readonly audiences: Audiences,
    private readonly issuer: TokenIssuer,
  ) {}

  /** Throws: {@link OAuthError}, or {@link TokenError} about the token. */
  async refresh(request: RefreshRequest): Promise<TokenResponse> {
    const { client, scope, resource, jkt, events } = request;
    if (request.refreshToken === undefined) throw new OAuthError('refresh_token_required');
    const shown = parseRefreshToken(request.refreshToken);
    if (shown === undefined) throw new TokenError('refresh_token_unknown');
    const { grant, refreshToken, repeated } = await this.rotate(shown, request);
    const { clientId, authentication, id: grantId } = grant;
    events.emit({ type: 'tokens_refreshed', clientId, sub: authentication.sub, grantId, repeated });
    // A narrower scope applies to the access token, limited to the grant's; the grant keeps its own.
    const narrowed = { ...grant, scope: grant.scope.filter((name) => scope.length === 0 || scope.includes(name)) };
    return this.issuer.issue(narrowed, client, { refreshToken, resource, jkt });
  }

  private async rotate(shown: ParsedRefreshToken, request: RefreshRequest): Promise<Rotation> {
    if (isOfFapi2(request.client)) return this.keep(shown, request);
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const rotation = (await this.rotateCurrent(shown, request)) ?? (await this.explain(shown, request));
      if ('refreshToken' in rotation) return rotation;
    }
    throw new TokenError('refresh_token_reused');
  }

  /** FAPI 2.0 does not rotate: the token is worth nothing without the client's keys. Source: FAPI 2.0 Security Profile §5.3.2.1. */
  private async keep(shown: ParsedRefreshToken, request: RefreshRequest): Promise<Rotation> {
    const found = await this.explain(shown, request);
    if ('refreshToken' in found) return found;
    return { grant: found, refreshToken: request.refreshToken ?? '', repeated: false };
  }

  /** The one update; undefined when the grant or the request does not qualify. */
  private async rotateCurrent(
    shown: ParsedRefreshToken,
    { client: { clientId, authentication }, scope, resource, jkt }: RefreshRequest,
  ): Promise<Rotation | undefined> {
    const { grantId } = shown;
    // Read only when the request names either, which is rare: an ordinary refresh is one update.
    const isAsked = resource !== undefined || scope.length > 0;
    if (isAsked && !(await this.isFor(grantId, resource, scope))) return undefined;
    const now = this.clock.now();
    const { token, family, current } = successorOf(shown);
    const successor = encryptSecret(token, shown.secret);
    // When a public client proves a key, its next refresh token is bound to it. Source: RFC 9449 §5.
    const bound = authentication === 'none' && jkt !== undefined && { jkt };
    const rotated = { family, current, previous: shown.secretHash, successor, rotatedAt: now, ...bound };
    const grant = await this.store.rotate(grantId, { clientId, current: shown.secretHash, scope, jkt }, rotated, now);
    return grant && { grant, refreshToken: token, repeated: false };
  }

  /** False when the grant exists but is for other resources, or has none of the scope at the token's resource. */
  private async isFor(grantId: string, resource: string | undefined, scope: readonly string[]): Promise<boolean> {
    const grant = await this.store.find(grantId);
    return grant === undefined || (await this.refusalOf(grant, resource, scope)) === undefined;
  }

  /** The error when the grant lacks the resource or, at it (by default the first), every requested scope. */
  private async refusalOf(
    grant: Grant,
    resource: string | undefined,
    scope: readonly string[],
  ): Promise<'resource_unknown' | 'scope_exceeds_grant' | undefined> {
    if (resource !== undefined && !(await this.audiences.includes(grant, resource))) return 'resource_unknown';
    if (scope.length === 0 || (await this.audiences.includesScope(grant, resource, scope))) return undefined;
    return 'scope_exceeds_grant';
  }

  /** The existing rotation, when this token was rotated a moment ago, or a grant to retry with; otherwise throws the reason. */
  private async explain(shown: ParsedRefreshToken, request: RefreshRequest): Promise<Rotation | Grant> {
    const now = this.clock.now();
    const grant = await this.store.find(shown.grantId);
    const refresh = grant?.refresh;
    if (grant === undefined || refresh === undefined || grant.clientId !== request.client.clientId) {
      throw new TokenError('refresh_token_unknown');
    }
    if (!isOfFamily(shown, refresh.family)) throw new TokenError('refresh_token_unknown');
    const isCurrent = shown.secretHash === refresh.current;
    const successor = isCurrent ? undefined : repeatable(shown, refresh, now, request.client);
    if (!isCurrent && successor === undefined) {
      await this.grants.revoke(grant, 'refresh_token_reused', request.events);
      throw new TokenError('refresh_token_reused');
    }
    if (refresh.expiresAt <= now) throw new TokenError('refresh_token_expired');
    if (refresh.jkt !== undefined && refresh.jkt !== request.jkt) throw wrongKey(request.jkt);
    const refusal = await this.refusalOf(grant, request.resource, request.scope);
    if (refusal !== undefined) throw new OAuthError(refusal);
    if (grant.revokedAt !== undefined) throw new TokenError('refresh_token_revoked');
    return successor === undefined ? grant : { grant, refreshToken: successor, repeated: true };
  }
}

/** The successor of the token rotated last, within the grace period for a lost response. */
function repeatable(
  shown: ParsedRefreshToken,
  refresh: RefreshState,
  now: number,
  { refreshTokenGrace = defaultGrace }: Client,
): string | undefined {
  const { previous, successor, rotatedAt } = refresh;
  if (successor === undefined || rotatedAt === undefined || shown.secretHash !== previous) return undefined;
  return now - rotatedAt <= refreshTokenGrace * 1000 ? decryptSecret(successor, shown.secret) : undefined;
}
