import { Inject, Injectable } from '@nestjs/common';
import type { Authentication } from '../identity/authentication';
import type { Client } from '../clients/client';
import { CONFIG, type Config } from '../config';
import { ChallengeIssuer, type IssuedChallenge } from './challenge-issuer';
import { SignInFlow } from './sign-in.flow';
import { parseLoginRequest, parseSignInAnswer } from './wallet.schemas';

/**
 * Wallet logins of the login page: the same challenge and the same checks, but the person signs in here, so that domain
 * and URI are the issuer's, and what is gained is a session. Such a nonce is worth nothing at `/wallet/verify`.
 */
@Injectable()
export class WalletLogins {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly issuer: ChallengeIssuer,
    private readonly flow: SignInFlow,
  ) {}

  /** `body`: JSON with `address` and perhaps `chainId`; other members are ignored. Throws: WalletError. */
  async begin(body: unknown, client: Pick<Client, 'clientId' | 'name'>): Promise<IssuedChallenge> {
    const { address, chainId } = parseLoginRequest(body);
    const origin = this.config.issuer;
    const statement = `Sign in to ${inStatement(client.name)}`;
    return this.issuer.issue(
      'wallet_login',
      { origin, uri: origin, address, chainId, statement, resources: undefined },
      { clientId: client.clientId, scope: [] },
    );
  }

  /** Who answered the challenge that was begun for this client. `arrivedAt`: milliseconds since the epoch. Throws: WalletError. */
  async complete(
    answer: { readonly nonce: string | undefined; readonly signature: string | undefined },
    clientId: string,
    arrivedAt: number,
  ): Promise<Authentication> {
    const { nonce, signature } = answer;
    const { authentication } = await this.flow.redeem(
      'wallet_login',
      parseSignInAnswer({ nonce, signature }),
      arrivedAt,
      clientId,
    );
    return authentication;
  }
}

/** A client may be named in any script; a statement has only the characters of a URI and spaces. Source: EIP-4361. */
function inStatement(name: string): string {
  const letters = name.normalize('NFKD').replace(/[^\w.~ -]/g, '');
  return letters.trim().slice(0, 200) || 'this application';
}
