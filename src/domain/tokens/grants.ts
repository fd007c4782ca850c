import { Inject, Injectable } from '@nestjs/common';
import type { BegunGrant, Grant } from '../challenges/grant';
import { GrantStore } from '../challenges/grant-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { RevocationReason } from '../events/event';
import type { Events } from '../events/events';
import { longestAccessTokenLifetime } from '../apis/api';
import { idTokenLifetime } from './lifetimes';
import { newRefreshToken } from './refresh-token';

/** What a login grants a client, before it has lifetimes and a refresh token. */
export type Granted = Pick<
  Grant,
  'id' | 'model' | 'clientId' | 'scope' | 'audience' | 'authentication' | 'proof' | 'sessionId'
>;

/** Begins and revokes the grants of both models. */
@Injectable()
export class Grants {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly grants: GrantStore,
  ) {}

  /** A new grant, not yet stored; with a refresh token if `refreshes`, bound to the key `jkt` if given. */
  begin(granted: Granted, jkt?: string, refreshes = granted.scope.includes('offline_access')): BegunGrant {
    const createdAt = this.clock.now();
    const { accessTokenTtl, refreshTokenTtl } = this.config;
    // An API may lengthen the lifetime of its tokens while the grant lives.
    const longestToken = granted.audience === undefined ? accessTokenTtl : longestAccessTokenLifetime;
    const lastTokenMs = Math.max(longestToken, idTokenLifetime) * 1000;
    if (!refreshes) {
      return { grant: { ...granted, createdAt, expiresAt: createdAt + lastTokenMs } };
    }
    const { token: refreshToken, current, family } = newRefreshToken(granted.id);
    const refreshUntil = createdAt + refreshTokenTtl * 1000;
    const refresh = { family, current, expiresAt: refreshUntil, ...(jkt !== undefined && { jkt }) };
    return { grant: { ...granted, createdAt, expiresAt: refreshUntil + lastTokenMs, refresh }, refreshToken };
  }

  /** Revokes a grant whose challenge was replayed with its proof: the sender has stolen both. */
  async revokeReplayed(grant: Grant, events: Events): Promise<void> {
    const { clientId, authentication, id: grantId } = grant;
    events.emit({ type: 'replay_detected', clientId, sub: authentication.sub, grantId });
    await this.revoke(grant, 'replay', events);
  }

  /** Reports the grants that the new one revoked; see `liveGrantsAtMost`. */
  announceEnded(endedIds: readonly string[], { clientId, authentication }: Grant, events: Events): void {
    for (const grantId of endedIds) {
      events.emit({ type: 'grant_revoked', reason: 'limit', clientId, sub: authentication.sub, grantId });
    }
  }

  /** Revokes the grant; its tokens are then invalid in every process. */
  async revoke({ id, clientId, authentication }: Grant, reason: RevocationReason, events: Events): Promise<void> {
    if (!(await this.grants.revoke(id, this.clock.now()))) return;
    events.emit({ type: 'grant_revoked', reason, clientId, sub: authentication.sub, grantId: id });
  }
}
