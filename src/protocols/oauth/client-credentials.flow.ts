import { Injectable } from '@nestjs/common';
import { AccessRequests } from '../../domain/apis/access-requests';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import type { Client } from '../../domain/clients/client';
import { isOwnScope } from '../../domain/clients/scope';
import { Clock } from '../../platform/clock';
import { newId } from '../../domain/credentials/secret';
import type { Events } from '../../domain/events/events';
import { Grants } from '../../domain/tokens/grants';
import { TokenIssuer } from '../../domain/tokens/token-issuer';
import type { TokenResponse } from '../../domain/tokens/token-response.openapi';
import { OAuthError } from './oauth-error';

/** A request of an authenticated client for a token of its own. */
export interface ClientCredentialsRequest {
  readonly client: Client;
  readonly scope: readonly string[];
  /** By default the client's default API. */
  readonly resource: string | undefined;
  /** RFC 7638 thumbprint of the key that the request proved. */
  readonly jkt: string | undefined;
  readonly events: Events;
}

/** Issues an access token for one API to a confidential client on its own behalf. Source: RFC 6749 §4.4. */
@Injectable()
export class ClientCredentialsFlow {
  constructor(
    private readonly clock: Clock,
    private readonly access: AccessRequests,
    private readonly challenges: ChallengeStore,
    private readonly grants: Grants,
    private readonly issuer: TokenIssuer,
  ) {}

  /** Throws: {@link OAuthError}. */
  async issue({ client, scope, resource, jkt, events }: ClientCredentialsRequest): Promise<TokenResponse> {
    const { clientId, authentication: method, grantTypes = [], scopes, defaultResource } = client;
    if (method === 'none' || !grantTypes.includes('client_credentials')) {
      throw new OAuthError('grant_type_unregistered');
    }
    const target = resource ?? defaultResource;
    // At this server, the client's id could be mistaken for an end-user's. Source: RFC 9700 §4.15.
    if (target === undefined || this.access.isIssuer(target)) throw new OAuthError('resource_required');
    // This server's own scopes are about end-users.
    const ofApis = { ...client, scopes: scopes.filter((name) => !isOwnScope(name)) };
    const resources = resource === undefined ? [] : [resource];
    const access = await this.access.decide(ofApis, { scope, resources });
    if (typeof access === 'string') throw new OAuthError(access);

    const now = this.clock.now();
    const { grant } = this.grants.begin({
      id: newId(),
      model: 'client',
      clientId,
      ...access,
      authentication: { sub: clientId, amr: [], authTime: Math.floor(now / 1000) },
      proof: { codeChallenge: '' },
    });
    const endedIds = await this.challenges.begin(grant, now);
    // The client was removed during the request.
    if (endedIds === undefined) throw new OAuthError('client_authentication_failed');
    events.emit({ type: 'client_token_issued', clientId, sub: clientId, grantId: grant.id });
    this.grants.announceEnded(endedIds, grant, events);
    return this.issuer.issue(grant, client, { resource, jkt });
  }
}
