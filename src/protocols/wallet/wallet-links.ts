import { Inject, Injectable } from '@nestjs/common';
import { ChallengeStore, nothing } from '../../domain/challenges/challenge-store';
import type { LinkedWallet, User } from '../../domain/identity/user-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { ClientAddress } from '../../platform/http/client-address';
import { ChallengeIssuer } from './challenge-issuer';
import type { IssuedChallenge } from './issued-challenge.openapi';
import { inStatement } from './scope-statement';
import { WalletChallenges } from './wallet-challenges';
import { WalletError } from './wallet-error';
import { loginRequest, parseSignInAnswer, parseWalletBody } from './wallet.schemas';

const kind = 'wallet_link';

interface LinkAnswer {
  readonly nonce: string | undefined;
  readonly signature: string | undefined;
  /** The user who asked for the challenge. */
  readonly sub: string;
  readonly client: ClientAddress;
}

/**
 * Wallets that users link at the account page: the same challenge and checks as at the login page, but the message says what
 * the wallet will be able to do. Such a nonce is accepted nowhere else.
 */
@Injectable()
export class WalletLinks {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly walletChallenges: WalletChallenges,
    private readonly issuer: ChallengeIssuer,
  ) {}

  /** `body`: JSON with `address` and optionally `chainId`; other members are ignored. Throws: {@link WalletError}. */
  async begin(body: unknown, { id: sub, username }: Pick<User, 'id' | 'username'>): Promise<IssuedChallenge> {
    const { address, chainId } = parseWalletBody(loginRequest, body);
    const origin = this.config.issuer;
    return this.issuer.issue(
      { kind, sub },
      { origin, uri: origin, address, chainId, statement: statementFor(username), resources: undefined },
      { clientId: origin, scope: [] },
    );
  }

  /** Redeems the challenge that was issued to this user. Throws: {@link WalletError}, by the first check that fails. */
  async complete({ sub, client, ...answer }: LinkAnswer): Promise<LinkedWallet> {
    const { nonce, message, signature } = parseSignInAnswer(answer);
    const challenge = await this.challenges.find(kind, nonce);
    if (challenge === undefined || challenge.sub !== sub) throw new WalletError('challenge_unknown');
    const { accountProof, proof } = await this.walletChallenges.verify(challenge, { message, signature, client });
    const { wallet: address, chainId } = proof;
    const now = this.clock.now();
    const redeemed = await this.challenges.redeem(kind, nonce, { wallet: address, sub }, now, nothing);
    if (redeemed === undefined) throw this.walletChallenges.overtaken(challenge);
    return { address, chainId, ...(accountProof === 'code' && { contract: true }), createdAt: now };
  }
}

/** A name of other scripts than a statement may have is left out. */
function statementFor(username: string): string {
  const name = inStatement(username, 100, '');
  return name === ''
    ? 'Link this wallet to the account that asks for it: this wallet will be able to sign in to that account.'
    : `Link this wallet to the account ${name}: this wallet will be able to sign in as ${name}.`;
}
