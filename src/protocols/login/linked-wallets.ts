import { Injectable } from '@nestjs/common';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { addressOf } from '../../domain/identity/account-id';
import type { Authentication } from '../../domain/identity/authentication';
import { maySignIn, type User, UserStore } from '../../domain/identity/user-store';
import type { WalletAuthentication } from '../wallet/wallet-logins';

/** The users whom a wallet signs in at the login page. A dApp logs in the account, whoever owns it. */
@Injectable()
export class LinkedWallets {
  constructor(
    private readonly users: UserStore,
    private readonly challenges: ChallengeStore,
  ) {}

  /** The user who has linked the account; undefined: it is its own subject. */
  async ownerOf({ sub, chainId, accountProof }: Authentication): Promise<User | undefined> {
    const address = addressOf(sub);
    if (address === undefined || chainId === undefined) return undefined;
    return this.users.findOwner({ wallet: { address, chainId, ...(accountProof === 'code' && { contract: true }) } });
  }

  /**
   * Whether the login of the owner is still valid. Ask after its session has begun: the user may have been disabled, removed the
   * wallet or ended everything meanwhile, and whoever ends the sessions must find all of them.
   */
  async isStillValid({ id: sub }: User, { authentication, challenge }: WalletAuthentication): Promise<boolean> {
    const owner = await this.ownerOf(authentication);
    return owner?.id === sub && maySignIn(owner) && !(await this.challenges.hasEnded({ sub }, challenge.createdAt));
  }
}
