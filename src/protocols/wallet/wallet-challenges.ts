import { Inject, Injectable } from '@nestjs/common';
import type { WalletChallenge, WalletLink, WalletLogin, WalletNonce } from '../../domain/challenges/challenge';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { ClientAddress } from '../../platform/http/client-address';
import type { Authentication } from '../../domain/identity/authentication';
import { AccountProof, type ProvenAccount, type SignedMessage } from './account-proof';
import { maySignIn } from './challenge-issuer';
import { WalletError } from './wallet-error';
import type { SignInAnswer } from './wallet.schemas';
import { parseSiweMessage } from './parse-siwe-message';
import { validateSiweMessage } from './validate-siwe-message';

/** A sign-in answer, and its sender. */
type ShownAnswer = Pick<SignInAnswer, 'message' | 'signature'> & { readonly client: ClientAddress };

/** Verifies every challenge that a signature redeems, for the API, the login page and the account page. */
@Injectable()
export class WalletChallenges {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly clients: ClientStore,
    private readonly accounts: AccountProof,
  ) {}

  /** The account that signed. Throws: {@link WalletError}, by the first check that fails; 503 or 429, see {@link AccountProof}. */
  async verify(
    challenge: WalletChallenge | WalletLogin | WalletLink | WalletNonce,
    { message, signature, client }: ShownAnswer,
  ): Promise<ProvenAccount> {
    const { id: nonce, expiresAt } = challenge;
    if (expiresAt <= this.clock.now()) throw new WalletError('challenge_expired');
    const attempt = { nonce, expiresAt, client };
    if (challenge.kind === 'wallet_nonce') {
      return this.accounts.verify(await this.written(challenge, message ?? ''), signature, attempt);
    }
    if (message !== undefined && message !== challenge.message) throw new WalletError('message_mismatch');
    return this.accounts.verify(challenge, signature, attempt);
  }

  /** Why a challenge that existed a moment ago could not be redeemed. */
  overtaken({ expiresAt }: WalletChallenge | WalletLogin | WalletLink | WalletNonce): WalletError {
    return new WalletError(expiresAt <= this.clock.now() ? 'challenge_expired' : 'challenge_used');
  }

  /** The message that the wallet wrote with the nonce; only now is its account known. */
  private async written(nonce: WalletNonce, text: string): Promise<SignedMessage> {
    const client = await this.clients.find(nonce.clientId);
    const origin = client?.walletOrigin;
    // The registration as of now: an operator may have revoked it.
    if (origin === undefined || client?.walletMessage !== 'wallet') throw new WalletError('challenge_unknown');
    const message = parseSiweMessage(text);
    const now = this.clock.now();
    const { evmChains } = this.config;
    const expectation = { nonce, origin, maySignIn: (chainId: number) => maySignIn(chainId, evmChains), now };
    if (message === undefined || !validateSiweMessage(message, expectation)) throw new WalletError('message_mismatch');
    // The text itself, not its parsed fields: that is what was signed.
    return { wallet: message.address, chainId: message.chainId, message: text };
  }
}

/** What a wallet login passes on to its tokens or session. `now` in milliseconds since the epoch. */
export function authenticationOf({ sub, accountProof, proof }: ProvenAccount, now: number): Authentication {
  const authentication = { sub, amr: ['pop'], authTime: Math.floor(now / 1000), chainId: proof.chainId };
  return accountProof === 'key' ? authentication : { ...authentication, accountProof };
}
