import { Injectable } from '@nestjs/common';
import type { WalletChallenge, WalletLogin } from '../challenges/challenge';
import { Clock } from '../clock';
import type { ClientAddress } from '../http/client-address';
import type { Authentication } from '../identity/authentication';
import { AccountProof, type ProvenAccount } from './account-proof';
import { WalletError } from './wallet-error';
import type { SignInAnswer } from './wallet.schemas';

/** An answer, and whom it came from. */
type ShownAnswer = Pick<SignInAnswer, 'message' | 'signature'> & { readonly client: ClientAddress };

/** What holds for every challenge that a signature redeems: of the API, and of the login page. */
@Injectable()
export class WalletChallenges {
  constructor(
    private readonly clock: Clock,
    private readonly accounts: AccountProof,
  ) {}

  /** The account that answered. Throws: {@link WalletError}, by the first check that fails; 503 or 429, see {@link AccountProof}. */
  async verify(
    challenge: WalletChallenge | WalletLogin,
    { message, signature, client }: ShownAnswer,
  ): Promise<ProvenAccount> {
    const { id: nonce, expiresAt } = challenge;
    if (expiresAt <= this.clock.now()) throw new WalletError('challenge_expired');
    if (message !== undefined && message !== challenge.message) throw new WalletError('message_mismatch');
    return this.accounts.verify(challenge, signature, { nonce, expiresAt, client });
  }

  /** Why a challenge that was there a moment ago could not be redeemed. */
  overtaken({ expiresAt }: WalletChallenge | WalletLogin): WalletError {
    return new WalletError(expiresAt <= this.clock.now() ? 'challenge_expired' : 'challenge_used');
  }
}

/** What a wallet login hands on to its tokens, or to its session. `now` in milliseconds since the epoch. */
export function authenticationOf({ sub, accountProof, proof }: ProvenAccount, now: number): Authentication {
  const authentication = { sub, amr: ['pop'], authTime: Math.floor(now / 1000), chainId: proof.chainId };
  return accountProof === 'key' ? authentication : { ...authentication, accountProof };
}
