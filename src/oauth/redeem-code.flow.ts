import { Injectable } from '@nestjs/common';
import type { AuthorizationCode } from '../challenges/challenge';
import { ChallengeStore } from '../challenges/challenge-store';
import { hashSecret } from '../credentials/secret';
import { isReplay, TombstoneStore } from '../challenges/tombstone-store';
import type { Client } from '../clients/client';
import { Clock } from '../clock';
import type { Parameters } from '../http/parameters';
import type { Grant } from '../challenges/grant';
import { RevocationStore } from '../tokens/revocation-store';
import { TokenIssuer, type TokenResponse } from '../tokens/token-issuer';
import { OAuthError } from './oauth-error';
import { isCodeVerifier, s256, verifierMatches } from './pkce';

/** From a code and its verifier to tokens: the client shows what it had committed to. Source: RFC 7636 §4.6. */
@Injectable()
export class RedeemCodeFlow {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly tombstones: TombstoneStore,
    private readonly revocations: RevocationStore,
    private readonly issuer: TokenIssuer,
    private readonly clock: Clock,
  ) {}

  /** `arrivedAt`: milliseconds since the epoch. Throws: {@link OAuthError}, by the first check that fails. */
  async redeem(form: Parameters, client: Client, arrivedAt: number): Promise<TokenResponse> {
    const { clientId } = client;
    const now = this.clock.now();
    const code = form.get('code');
    const verifier = form.get('code_verifier');
    if (code === undefined) throw new OAuthError('code_required');
    const id = hashSecret(code);
    const challenge = await this.challenges.find('authorization_code', id);
    if (challenge === undefined) return this.refuseSpent(id, clientId, verifier, arrivedAt);
    if (challenge.clientId !== clientId) throw new OAuthError('code_unknown');
    if (challenge.expiresAt <= now) throw new OAuthError('code_expired');
    if (challenge.redirectUri !== form.get('redirect_uri')) throw new OAuthError('redirect_uri_mismatch');
    if (verifier === undefined) throw new OAuthError('code_verifier_required');
    if (!isCodeVerifier(verifier)) throw new OAuthError('code_verifier_malformed');
    if (!verifierMatches(verifier, challenge.codeChallenge)) throw new OAuthError('code_verifier_mismatch');

    const grant = this.grantOf(challenge);
    const { redirectUri } = challenge;
    await this.tombstones.leave({
      kind: 'authorization_code',
      id,
      grantId: grant.grantId,
      clientId,
      codeChallenge: challenge.codeChallenge,
      spentAt: this.clock.now(),
      expiresAt: this.issuer.lastTokenExpiry(grant),
    });
    // The whole proof is the predicate, so that what is burnt is what was verified, and exactly one caller burns it.
    const match = { clientId, redirectUri, codeChallenge: s256(verifier) };
    const consumed = await this.challenges.consume('authorization_code', id, match, now);
    if (consumed === undefined) throw new OAuthError('code_used');
    return this.issuer.issue(grant, client, consumed.oidcNonce);
  }

  /** A code that is gone: spent, or never ours. Whoever replays it with its verifier has stolen both. Source: RFC 6749 §4.1.2. */
  private async refuseSpent(
    id: string,
    clientId: string,
    verifier: string | undefined,
    arrivedAt: number,
  ): Promise<never> {
    const tombstone = await this.tombstones.find('authorization_code', id, this.clock.now());
    if (tombstone?.codeChallenge === undefined || tombstone.clientId !== clientId) throw new OAuthError('code_unknown');
    const isProven = verifier !== undefined && verifierMatches(verifier, tombstone.codeChallenge);
    if (isProven && isReplay(tombstone, arrivedAt)) {
      await this.revocations.revoke(tombstone.grantId, tombstone.expiresAt);
    }
    throw new OAuthError('code_used');
  }

  private grantOf({ grantId, clientId, scope, authentication }: AuthorizationCode): Grant {
    return { grantId, model: 'pkce', clientId, scope, authentication, expiresAt: this.issuer.grantExpiry() };
  }
}
