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

/** Seconds in which a client that lost the answer may ask again with the token it has, where it has none of its own. */
const defaultGrace = 10;
/** A rotation that another request overtakes is tried again. */
const attempts = 3;

/** A request to refresh, of a client that has authenticated. */
export interface RefreshRequest {
  readonly client: Client;
  readonly refreshToken: string | undefined;
  /** What is asked for; empty: what was granted. */
  readonly scope: readonly string[];
  /** For which the access token is to be; by default see {@link Audiences.of}. */
  readonly resource: string | undefined;
  /** The RFC 7638 thumbprint of the key that the request has proven. */
  readonly jkt: string | undefined;
  readonly events: Events;
}

interface Rotation {
  readonly grant: Grant;
  readonly refreshToken: string;
  readonly repeated: boolean;
}

/**
 * From a refresh token to its successor and a fresh access token, for the tokens of both models: one conditional update
 * of the grant. Source: RFC 6749 §6, RFC 9700 §4.14.2.
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

  /** Throws: {@link OAuthError}, or {@link TokenError} for what is wrong with the token. */
  async refresh(request: RefreshRequest): Promise<TokenResponse> {
    const { client, scope, resource, jkt, events } = request;
    if (request.refreshToken === undefined) throw new OAuthError('refresh_token_required');
    const shown = parseRefreshToken(request.refreshToken);
    if (shown === undefined) throw new TokenError('refresh_token_unknown');
    const { grant, refreshToken, repeated } = await this.rotate(shown, request);
    const { clientId, authentication, id: grantId } = grant;
    events.emit({ type: 'tokens_refreshed', clientId, sub: authentication.sub, grantId, repeated });
    // A narrower scope is that of the access token, without what is beyond the grant; the grant keeps what was granted.
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

  /** The token stays what it is: it is worth nothing without the client's keys. Source: FAPI 2.0 Security Profile §5.3.2.1. */
  private async keep(shown: ParsedRefreshToken, request: RefreshRequest): Promise<Rotation> {
    const found = await this.explain(shown, request);
    if ('refreshToken' in found) return found;
    return { grant: found, refreshToken: request.refreshToken ?? '', repeated: false };
  }

  /** The one update; undefined when the grant or the request is not as it must be for that. */
  private async rotateCurrent(
    shown: ParsedRefreshToken,
    { client: { clientId, authentication }, scope, resource, jkt }: RefreshRequest,
  ): Promise<Rotation | undefined> {
    const { grantId } = shown;
    // Looked up for what is seldom asked for alone: an ordinary refresh is one update.
    const isAsked = resource !== undefined || scope.length > 0;
    if (isAsked && !(await this.isFor(grantId, resource, scope))) return undefined;
    const now = this.clock.now();
    const { token, family, current } = successorOf(shown);
    const successor = encryptSecret(token, shown.secret);
    // A public client that has proven a key has its next refresh token bound to it. Source: RFC 9449 §5.
    const bound = authentication === 'none' && jkt !== undefined && { jkt };
    const rotated = { family, current, previous: shown.secretHash, successor, rotatedAt: now, ...bound };
    const grant = await this.store.rotate(grantId, { clientId, current: shown.secretHash, scope, jkt }, rotated, now);
    return grant && { grant, refreshToken: token, repeated: false };
  }

  /** False when the grant is there, and is for other resources, or has nothing of the scope where the token would be for. */
  private async isFor(grantId: string, resource: string | undefined, scope: readonly string[]): Promise<boolean> {
    const grant = await this.store.find(grantId);
    return grant === undefined || (await this.refusalOf(grant, resource, scope)) === undefined;
  }

  /** What a grant cannot give at a resource, or, where none is named, at the one that its tokens are for by default. */
  private async refusalOf(
    grant: Grant,
    resource: string | undefined,
    scope: readonly string[],
  ): Promise<'resource_unknown' | 'scope_exceeds_grant' | undefined> {
    if (resource !== undefined && !(await this.audiences.includes(grant, resource))) return 'resource_unknown';
    if (scope.length === 0 || (await this.audiences.includesScope(grant, resource, scope))) return undefined;
    return 'scope_exceeds_grant';
  }

  /** The rotation that the token has had a moment ago, or a grant to try again; throws why there is neither. */
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
    if (!isWithin(request.scope, grant.scope)) throw new OAuthError('scope_exceeds_grant');
    const refusal = await this.refusalOf(grant, request.resource, request.scope);
    if (refusal !== undefined) throw new OAuthError(refusal);
    if (grant.revokedAt !== undefined) throw new TokenError('refresh_token_revoked');
    return successor === undefined ? grant : { grant, refreshToken: successor, repeated: true };
  }
}

/** True when nothing is asked for, or something of what was granted. */
function isWithin(asked: readonly string[], granted: readonly string[]): boolean {
  return asked.length === 0 || asked.some((name) => granted.includes(name));
}

/** The successor of the token that was rotated last, within the time for a lost answer. */
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
