import { Injectable } from '@nestjs/common';
import type { RefreshToken } from '../challenges/challenge';
import { ChallengeIdTakenError, ChallengeStore } from '../challenges/challenge-store';
import { hashSecret, newSecret } from '../credentials/secret';
import { TombstoneStore } from '../challenges/tombstone-store';
import { Clock } from '../clock';
import type { Grant } from '../challenges/grant';
import { openSealed, seal } from '../credentials/encrypted-secret';
import { RevocationStore } from './revocation-store';
import { TokenError } from './token-error';

/** How long a client that lost the answer may ask again with the token it has. */
const repeatWithinMs = 10_000;

export interface RotationRules {
  /** Until when a spent token of the grant is remembered. Milliseconds since the epoch. */
  readonly lastTokenExpiry: (grant: Grant) => number;
  /** Throws what the caller has against the rotation. */
  readonly assertAllowed: (grant: Grant) => void;
}

export interface Rotation {
  readonly grant: Grant;
  readonly successor: string;
}

/**
 * The refresh tokens: one family per grant, each token good for one rotation, a reused one the end of its family.
 * Source: RFC 9700 §4.14.2.
 */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly tombstones: TombstoneStore,
    private readonly revocations: RevocationStore,
    private readonly clock: Clock,
  ) {}

  /** The first refresh token of a grant. */
  async begin(grant: Grant): Promise<string> {
    const token = newSecret();
    await this.save(token, grant);
    return token;
  }

  /**
   * Spends the token and returns its successor. A repeat of the latest rotation within ten seconds returns the same one.
   * Throws: {@link TokenError}, or what `assertAllowed` throws, before anything is spent.
   */
  async rotate(token: string, clientId: string, rules: RotationRules): Promise<Rotation> {
    const id = hashSecret(token);
    const now = this.clock.now();
    const record = await this.challenges.find('refresh_token', id);
    if (record === undefined) return this.repeat(token, clientId, rules);
    if (record.clientId !== clientId) throw new TokenError('refresh_token_unknown');
    if (record.expiresAt <= now) throw new TokenError('refresh_token_expired');
    const grant = grantOf(record);
    rules.assertAllowed(grant);
    await this.assertNotRevoked(grant.grantId);

    // The successor is settled and stored before its predecessor is spent: whenever we stop, one of the two is alive.
    const { successor } = await this.tombstones.leave({
      kind: 'refresh_token',
      id,
      grantId: grant.grantId,
      clientId,
      spentAt: now,
      expiresAt: rules.lastTokenExpiry(grant),
      successor: seal(newSecret(), token),
    });
    const next = openSealed(successor ?? '', token);
    await this.saveOnce(next, grant);
    const consumed = await this.challenges.consume('refresh_token', id, { clientId }, now);
    // Another request rotated it in the same moment. When that successor is spent too, this was a reuse after all.
    if (consumed === undefined) return this.repeat(token, clientId, rules);
    return { grant, successor: next };
  }

  /** A token that is spent, or never was ours. */
  private async repeat(token: string, clientId: string, { assertAllowed }: RotationRules): Promise<Rotation> {
    const now = this.clock.now();
    const tombstone = await this.tombstones.find('refresh_token', hashSecret(token), now);
    if (tombstone === undefined || tombstone.clientId !== clientId) throw new TokenError('refresh_token_unknown');
    const successor = openSealed(tombstone.successor ?? '', token);
    const latest = await this.challenges.find('refresh_token', hashSecret(successor));
    if (now - tombstone.spentAt <= repeatWithinMs && latest !== undefined && latest.expiresAt > now) {
      const grant = grantOf(latest);
      // A repeat gets no more than the rotation did: the wish for a wider scope is as little allowed the second time.
      assertAllowed(grant);
      await this.assertNotRevoked(grant.grantId);
      return { grant, successor };
    }
    await this.revocations.revoke(tombstone.grantId, tombstone.expiresAt);
    throw new TokenError('refresh_token_reused');
  }

  private async assertNotRevoked(grantId: string): Promise<void> {
    if (await this.revocations.isRevoked([grantId], this.clock.now())) throw new TokenError('refresh_token_revoked');
  }

  private async saveOnce(token: string, grant: Grant): Promise<void> {
    try {
      await this.save(token, grant);
    } catch (error) {
      if (error instanceof ChallengeIdTakenError) return;
      throw error;
    }
    // A twin of this request may have handed it out already, and its holder spent it: then it must not live again.
    const [id, now] = [hashSecret(token), this.clock.now()];
    if (await this.tombstones.find('refresh_token', id, now))
      await this.challenges.consume('refresh_token', id, {}, now);
  }

  private async save(token: string, grant: Grant): Promise<void> {
    await this.challenges.save({
      kind: 'refresh_token',
      id: hashSecret(token),
      createdAt: this.clock.now(),
      ...grant,
    });
  }
}

function grantOf({ grantId, model, clientId, scope, authentication, expiresAt }: RefreshToken): Grant {
  return { grantId, model, clientId, scope, authentication, expiresAt };
}
