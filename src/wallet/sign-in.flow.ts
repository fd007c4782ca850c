import { Injectable } from '@nestjs/common';
import type { WalletChallenge, WalletLogin } from '../challenges/challenge';
import type { Authentication } from '../identity/authentication';
import { ChallengeStore } from '../challenges/challenge-store';
import { isReplay, TombstoneStore } from '../challenges/tombstone-store';
import { ClientStore } from '../clients/client-store';
import { Clock } from '../clock';
import { RevocationStore } from '../tokens/revocation-store';
import { TokenIssuer, type TokenResponse } from '../tokens/token-issuer';
import { AccountProof } from './account-proof';
import { WalletError } from './wallet-error';
import type { SignInAnswer } from './wallet.schemas';

export type SignInChallenge = WalletChallenge | WalletLogin;
export type SignInKind = SignInChallenge['kind'];

export interface RedeemedSignIn {
  readonly challenge: SignInChallenge;
  readonly authentication: Authentication;
}

export interface WalletTokenResponse extends TokenResponse {
  readonly address: string;
  readonly chainId: number;
}

/** From a nonce and a signature to tokens: the account shows that it holds its key. Source: EIP-4361. */
@Injectable()
export class SignInFlow {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly tombstones: TombstoneStore,
    private readonly revocations: RevocationStore,
    private readonly clients: ClientStore,
    private readonly accounts: AccountProof,
    private readonly issuer: TokenIssuer,
    private readonly clock: Clock,
  ) {}

  /** `arrivedAt`: milliseconds since the epoch. Throws: {@link WalletError}, by the first check that fails. */
  async signIn(answer: SignInAnswer, arrivedAt: number): Promise<WalletTokenResponse> {
    const { challenge, authentication } = await this.redeem('wallet_challenge', answer, arrivedAt);
    const { grantId, clientId, scope, wallet: address, chainId } = challenge;
    const client = await this.clients.find(clientId);
    if (client === undefined) throw new WalletError('challenge_unknown');
    const expiresAt = this.issuer.grantExpiry();
    const grant = { grantId, model: 'wallet', clientId, scope, authentication, expiresAt } as const;
    return { ...(await this.issuer.issue(grant, client)), address, chainId };
  }

  /**
   * Spends the challenge and tells who answered it. `clientId`, where given: the client that it must have been issued for.
   * Throws: {@link WalletError}, by the first check that fails.
   */
  async redeem(kind: SignInKind, answer: SignInAnswer, arrivedAt: number, clientId?: string): Promise<RedeemedSignIn> {
    const { nonce, message, signature } = answer;
    const challenge = await this.challenges.find(kind, nonce);
    if (challenge === undefined) return this.refuseSpent(kind, nonce, signature, arrivedAt);
    if (clientId !== undefined && challenge.clientId !== clientId) throw new WalletError('challenge_unknown');
    if (challenge.expiresAt <= this.clock.now()) throw new WalletError('challenge_expired');
    if (message !== undefined && message !== challenge.message) throw new WalletError('message_mismatch');
    // Verified before it is consumed: whoever learned the nonce but not the key must not be able to spend it.
    const sub = await this.accounts.verify(challenge, signature);

    const now = this.clock.now();
    await this.tombstones.leave(this.tombstoneOf(challenge, now));
    // A signature cannot be a predicate: of many who verified it, one consumes, and the others did the work for nothing.
    const consumed = await this.challenges.consume(kind, nonce, { wallet: challenge.wallet }, now);
    if (consumed === undefined)
      throw new WalletError(challenge.expiresAt <= now ? 'challenge_expired' : 'challenge_used');
    const { chainId } = consumed;
    return { challenge: consumed, authentication: { sub, amr: ['pop'], authTime: Math.floor(now / 1000), chainId } };
  }

  /** A challenge that is gone: spent, or never ours. Whoever replays it with its signature has stolen that. */
  private async refuseSpent(kind: SignInKind, nonce: string, signature: string, arrivedAt: number): Promise<never> {
    const tombstone = await this.tombstones.find(kind, nonce, this.clock.now());
    if (tombstone === undefined) throw new WalletError('challenge_unknown');
    if (isReplay(tombstone, arrivedAt) && (await this.accounts.hasSigned(tombstone, signature))) {
      await this.revocations.revoke(tombstone.grantId, tombstone.expiresAt);
    }
    throw new WalletError('challenge_used');
  }

  private tombstoneOf(
    { kind, id, grantId, clientId, wallet, chainId, message, scope }: SignInChallenge,
    spentAt: number,
  ) {
    const expiresAt = this.issuer.lastTokenExpiry({ scope, expiresAt: this.issuer.grantExpiry() });
    return { kind, id, grantId, clientId, wallet, chainId, message, spentAt, expiresAt };
  }
}
