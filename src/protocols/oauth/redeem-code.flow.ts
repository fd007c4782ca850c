import { Injectable } from '@nestjs/common';
import type { AuthorizationCode } from '../../domain/challenges/challenge';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { type BegunGrant, isReplay, grantIdFor } from '../../domain/challenges/grant';
import { GrantStore } from '../../domain/challenges/grant-store';
import { type Client, mayRefresh } from '../../domain/clients/client';
import { Clock } from '../../platform/clock';
import { isOfFapi2 } from '../../domain/clients/fapi2';
import { isCodeVerifier, s256, verifierMatches } from '../../domain/credentials/pkce';
import { hashSecret } from '../../domain/credentials/secret';
import type { Events } from '../../domain/events/events';
import { ProtocolError } from '../../platform/http/protocol-error';
import { Audiences } from '../../domain/tokens/audiences';
import { wrongKey } from '../../domain/tokens/dpop-error';
import { Grants } from '../../domain/tokens/grants';
import { TokenIssuer } from '../../domain/tokens/token-issuer';
import type { TokenResponse } from '../../domain/tokens/token-response.openapi';
import { fapi2Errors, OAuthError } from './oauth-error';

/** A request of an authenticated client to redeem a code. */
export interface CodeRedemption {
  readonly client: Client;
  readonly code: string | undefined;
  readonly redirectUri: string | undefined;
  readonly codeVerifier: string | undefined;
  /** The resource of the token; for the default see {@link Audiences.of}. */
  readonly resource: string | undefined;
  /** RFC 7638 thumbprint of the key that the request proved. */
  readonly jkt: string | undefined;
  /** When the request arrived; milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly events: Events;
}

const kind = 'authorization_code';

/** From a code and its verifier to tokens: the client reveals what it committed to. Source: RFC 7636 §4.6. */
@Injectable()
export class RedeemCodeFlow {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly grantStore: GrantStore,
    private readonly grants: Grants,
    private readonly audiences: Audiences,
    private readonly issuer: TokenIssuer,
    private readonly clock: Clock,
  ) {}

  /** Throws: {@link OAuthError}, by the first check that fails. */
  async redeem(request: CodeRedemption): Promise<TokenResponse> {
    const { client, code, redirectUri, codeVerifier, resource, jkt, events } = request;
    const { clientId } = client;
    if (code === undefined) throw new OAuthError('code_required');
    const id = hashSecret(code);
    if (redirectUri === undefined || codeVerifier === undefined || !isCodeVerifier(codeVerifier)) {
      return this.refuse(id, request);
    }
    // Safe outside the predicate: a challenge never changes under its id.
    if (resource !== undefined && !(await this.isFor(id, resource))) return this.refuse(id, request);
    // The whole proof is the predicate: the store verifies and deletes in one operation, and one caller gets the code.
    const match = { clientId, redirectUri, codeChallenge: s256(codeVerifier), dpopJkt: jkt };
    const begin = (found: AuthorizationCode) => this.begin(found, request);
    const redeemed = await this.challenges.redeem(kind, id, match, this.clock.now(), begin);
    if (redeemed === undefined) return this.refuse(id, request);

    const { challenge, grant, refreshToken, endedIds } = redeemed;
    events.continueTrace(challenge.trace);
    events.emit({ type: 'code_redeemed', clientId, sub: grant.authentication.sub, grantId: grant.id });
    this.grants.announceEnded(endedIds, grant, events);
    return this.issuer.issue(grant, client, { refreshToken, oidcNonce: challenge.oidcNonce, resource, jkt });
  }

  private begin(code: AuthorizationCode, { client, jkt }: CodeRedemption): BegunGrant {
    const { id, clientId, scope, audience, authentication, sessionId, codeChallenge } = code;
    const granted = {
      id: grantIdFor(kind, id),
      model: 'pkce',
      clientId,
      scope,
      ...(audience !== undefined && { audience }),
      authentication,
      proof: { codeChallenge },
      sessionId,
    } as const;
    // The refresh tokens of a confidential client are bound to that client already. Source: RFC 9449 §5.
    const bound = client.authentication === 'none' ? jkt : undefined;
    return this.grants.begin(granted, bound, mayRefresh(client, scope));
  }

  /** False when the code exists and was issued for other resources. */
  private async isFor(id: string, resource: string): Promise<boolean> {
    const challenge = await this.challenges.find(kind, id);
    return challenge === undefined || this.audiences.includes(challenge, resource);
  }

  /**
   * Throws the reason why the code was not redeemed, by the first check that fails.
   * Source: docs/http-api.md, section `POST /token`.
   */
  private async refuse(id: string, request: CodeRedemption): Promise<never> {
    const { client, redirectUri, codeVerifier, resource, jkt, events } = request;
    const challenge = await this.challenges.find(kind, id);
    if (challenge === undefined) return this.refuseRedeemed(id, request);
    events.continueTrace(challenge.trace);
    if (challenge.clientId !== client.clientId) throw new OAuthError('code_unknown');
    if (challenge.expiresAt <= this.clock.now()) throw new OAuthError('code_expired');
    if (challenge.redirectUri !== redirectUri) throw new OAuthError('redirect_uri_mismatch');
    if (codeVerifier === undefined) throw verifierRequired(client);
    if (!isCodeVerifier(codeVerifier)) throw new OAuthError('code_verifier_malformed');
    if (!verifierMatches(codeVerifier, challenge.codeChallenge)) throw new OAuthError('code_verifier_mismatch');
    if (resource !== undefined && !(await this.audiences.includes(challenge, resource)))
      throw new OAuthError('resource_unknown');
    if (challenge.dpopJkt !== undefined && challenge.dpopJkt !== jkt) throw wrongKey(jkt);
    // The challenge matches and yet was not redeemed: its grant exists, so it was redeemed before.
    throw new OAuthError('code_used');
  }

  /**
   * For a code that is gone: redeemed, or never ours. Whoever replays it with its verifier has stolen both. Source: RFC 6749
   * §4.1.2.
   */
  private async refuseRedeemed(
    id: string,
    { client, codeVerifier, arrivedAt, events }: CodeRedemption,
  ): Promise<never> {
    const grant = await this.grantStore.findSuccessor(kind, id);
    if (grant?.clientId !== client.clientId || 'wallet' in grant.proof) throw new OAuthError('code_unknown');
    const isProven = codeVerifier !== undefined && verifierMatches(codeVerifier, grant.proof.codeChallenge);
    if (isProven && isReplay(grant, arrivedAt)) await this.grants.revokeReplayed(grant, events);
    throw new OAuthError('code_used');
  }
}

function verifierRequired(client: Client): ProtocolError {
  const reason = 'code_verifier_required';
  return isOfFapi2(client) ? new ProtocolError(fapi2Errors[reason], reason) : new OAuthError(reason);
}
