import { Inject, Injectable } from '@nestjs/common';
import { ChallengeStore, nothing } from '../challenges/challenge-store';
import { successorId } from '../challenges/grant';
import type { Client } from '../clients/client';
import { Clock } from '../clock';
import { CONFIG, type Config } from '../config';
import type { Authentication } from '../identity/authentication';
import { ChallengeIssuer, type IssuedChallenge } from './challenge-issuer';
import { inStatement } from './scope-statement';
import { authenticationOf, WalletChallenges } from './wallet-challenges';
import { WalletError } from './wallet-error';
import { parseLoginRequest, parseSignInAnswer } from './wallet.schemas';

const kind = 'wallet_login';

export interface WalletLoginAnswer {
  readonly nonce: string | undefined;
  readonly signature: string | undefined;
  /** The client that the challenge must have been issued for. */
  readonly clientId: string;
  /** Whether a challenge that is gone has become the session with this id. */
  readonly isSession: (sessionId: string) => Promise<boolean>;
}

/** A login by signature at the login page, and the id of the session that its challenge becomes. */
export interface WalletAuthentication {
  readonly authentication: Authentication;
  readonly sessionId: string;
}

/**
 * Wallet logins of the login page: the same challenge and the same checks, but the end-user signs in here, so that
 * domain and URI are the issuer's, and what is gained is a session. Such a nonce is worth nothing at `/wallet/verify`.
 */
@Injectable()
export class WalletLogins {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly walletChallenges: WalletChallenges,
    private readonly issuer: ChallengeIssuer,
  ) {}

  /** `body`: JSON with `address` and perhaps `chainId`; other members are ignored. Throws: {@link WalletError}. */
  async begin(body: unknown, client: Pick<Client, 'clientId' | 'name'>): Promise<IssuedChallenge> {
    const { address, chainId } = parseLoginRequest(body);
    const origin = this.config.issuer;
    const statement = `Sign in to ${inStatement(client.name, 200, 'this application')}`;
    return this.issuer.issue(
      kind,
      { origin, uri: origin, address, chainId, statement, resources: undefined },
      { clientId: client.clientId, scope: [] },
    );
  }

  /** Redeems the challenge that was begun for this client. Throws: {@link WalletError}, by the first check that fails. */
  async complete({ clientId, isSession, ...answer }: WalletLoginAnswer): Promise<WalletAuthentication> {
    const { nonce, message, signature } = parseSignInAnswer(answer);
    const challenge = await this.challenges.find(kind, nonce);
    const sessionId = successorId(kind, nonce);
    if (challenge === undefined) {
      throw new WalletError((await isSession(sessionId)) ? 'challenge_used' : 'challenge_unknown');
    }
    if (challenge.clientId !== clientId) throw new WalletError('challenge_unknown');
    const { sub } = await this.walletChallenges.verify(challenge, { message, signature });
    const { wallet, chainId } = challenge;
    const redeemed = await this.challenges.redeem(kind, nonce, { wallet }, this.clock.now(), nothing);
    if (redeemed === undefined) throw this.walletChallenges.overtaken(challenge);
    return { authentication: authenticationOf(sub, chainId, this.clock.now()), sessionId };
  }
}
