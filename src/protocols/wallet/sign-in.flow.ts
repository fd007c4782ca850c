import { Injectable } from '@nestjs/common';
import type { WalletChallenge, WalletNonce } from '../../domain/challenges/challenge';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { type BegunGrant, isReplay, grantIdFor } from '../../domain/challenges/grant';
import { GrantStore } from '../../domain/challenges/grant-store';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import type { Events } from '../../domain/events/events';
import type { ClientAddress } from '../../platform/http/client-address';
import { DpopProofs } from '../../domain/tokens/dpop-proofs';
import type { DpopRequest } from '../../domain/tokens/dpop-request';
import { Grants } from '../../domain/tokens/grants';
import { TokenIssuer } from '../../domain/tokens/token-issuer';
import { AccountProof, type ProvenAccount } from './account-proof';
import { assertVerifier, verifierProves } from './code-verifier';
import { authenticationOf, WalletChallenges } from './wallet-challenges';
import { WalletError } from './wallet-error';
import type { WalletTokenResponse } from './wallet.openapi';
import type { SignInAnswer } from './wallet.schemas';

/** The response to a challenge: a nonce, or the message that contains it, and the signature. */
export interface SignInRequest extends SignInAnswer {
  /** When the request arrived; milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly client: ClientAddress;
  readonly dpop: DpopRequest;
  readonly events: Events;
}

/** What `/wallet/verify` redeems. */
type Redeemable = WalletChallenge | WalletNonce;

/** Stands for both kinds: ids are unique over all kinds, and a replay need not say which it was. */
const kind = 'wallet_challenge';

/** From a nonce and a signature to tokens: the account proves its key. Source: EIP-4361. */
@Injectable()
export class SignInFlow {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly grantStore: GrantStore,
    private readonly walletChallenges: WalletChallenges,
    private readonly clients: ClientStore,
    private readonly accounts: AccountProof,
    private readonly dpop: DpopProofs,
    private readonly grants: Grants,
    private readonly issuer: TokenIssuer,
    private readonly clock: Clock,
  ) {}

  /** Throws: {@link WalletError}, by the first check that fails. */
  async signIn(request: SignInRequest): Promise<WalletTokenResponse> {
    const { events } = request;
    const challenge = await this.find(request);
    if (challenge === undefined) return this.refuseRedeemed(request);
    events.concern({ clientId: challenge.clientId });
    events.continueTrace(challenge.trace);
    // A signature cannot be a predicate. Verified before redeeming: whoever learned the nonce but not the key must not be able
    // to consume it. Of concurrent verifications one redeems.
    const account = await this.walletChallenges.verify(challenge, request);
    assertVerifier(challenge.codeChallenge, request.codeVerifier);
    const { clientId } = challenge;
    const { wallet: address, chainId } = account.proof;
    const client = await this.clients.find(clientId);
    if (client === undefined) throw new WalletError('challenge_unknown');
    const jkt = await this.dpop.prove(request.dpop, client);
    const redeemed = await this.redeem(challenge, account, jkt);
    if (redeemed === undefined) throw this.walletChallenges.overtaken(challenge);

    const { grant, refreshToken, endedIds } = redeemed;
    events.emit({ type: 'challenge_redeemed', clientId, sub: account.sub, grantId: grant.id });
    this.grants.announceEnded(endedIds, grant, events);
    return { ...(await this.issuer.issue(grant, client, { refreshToken, jkt })), address, chainId };
  }

  /** A nonce without an address needs the message, which names one. */
  private async find({ nonce, message }: SignInRequest): Promise<Redeemable | undefined> {
    const challenge = await this.challenges.find('wallet_challenge', nonce);
    if (challenge !== undefined || message === undefined) return challenge;
    return this.challenges.find('wallet_nonce', nonce);
  }

  private async redeem(challenge: Redeemable, account: ProvenAccount, jkt: string | undefined) {
    const { id, clientId } = challenge;
    const now = this.clock.now();
    const begin = (found: Redeemable) => this.begin(found, account, jkt);
    if (challenge.kind === 'wallet_nonce') {
      return this.challenges.redeem(challenge.kind, id, { clientId }, now, begin);
    }
    return this.challenges.redeem(challenge.kind, id, { wallet: challenge.wallet }, now, begin);
  }

  /** Wallet clients are public: their refresh tokens are bound to the proven key. Source: RFC 9449 §5. */
  private begin(challenge: Redeemable, account: ProvenAccount, jkt: string | undefined): BegunGrant {
    const { id, clientId, scope, audience, codeChallenge } = challenge;
    const granted = {
      id: grantIdFor(kind, id),
      model: 'wallet',
      clientId,
      scope,
      ...(audience !== undefined && { audience }),
      authentication: authenticationOf(account, this.clock.now()),
      proof: { ...account.proof, ...(codeChallenge !== undefined && { codeChallenge }) },
    } as const;
    return this.grants.begin(granted, jkt);
  }

  /** For a challenge that is gone: redeemed, or never ours. Whoever replays it with its signature has stolen the signature. */
  private async refuseRedeemed(request: SignInRequest): Promise<never> {
    const { nonce, signature, codeVerifier, arrivedAt, events } = request;
    const grant = await this.grantStore.findSuccessor(kind, nonce);
    if (grant === undefined || !('wallet' in grant.proof)) throw new WalletError('challenge_unknown');
    events.concern({ clientId: grant.clientId });
    // For both models at once, both proofs: a stolen signature alone must not be able to end the login either.
    const { proof } = grant;
    const isProven = () =>
      this.accounts.hasSigned(proof, signature) && verifierProves(proof.codeChallenge, codeVerifier);
    if (isReplay(grant, arrivedAt) && isProven()) await this.grants.revokeReplayed(grant, events);
    throw new WalletError('challenge_used');
  }
}
