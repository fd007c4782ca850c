import { Inject, Injectable } from '@nestjs/common';
import type { WalletLogin } from '../../domain/challenges/challenge';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { isReplay, grantIdFor } from '../../domain/challenges/grant';
import type { Session } from '../../domain/challenges/session';
import type { Client } from '../../domain/clients/client';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import type { ClientAddress } from '../../platform/http/client-address';
import { addressOf } from '../../domain/identity/account-id';
import type { Authentication } from '../../domain/identity/authentication';
import { AccountProof } from './account-proof';
import { ChallengeIssuer } from './challenge-issuer';
import type { IssuedChallenge } from './issued-challenge.openapi';
import { inStatement } from './scope-statement';
import { authenticationOf, WalletChallenges } from './wallet-challenges';
import { WalletError } from './wallet-error';
import { loginRequest, parseSignInAnswer, parseWalletBody } from './wallet.schemas';

const kind = 'wallet_login';

/** Whom the end-user signs in to. */
export type RelyingParty = Pick<Client, 'clientId' | 'name' | 'walletChallengeLifetime'>;

export interface WalletLoginAnswer {
  readonly nonce: string | undefined;
  readonly signature: string | undefined;
  /** The client that the challenge must have been issued for. */
  readonly clientId: string;
  /** When the request arrived; milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly client: ClientAddress;
  readonly sessions: OpenedSessions;
}

/** The sessions that challenges became, as needed to handle a replay. */
export interface OpenedSessions {
  /** The session of a redeemed challenge. */
  find(sessionId: string): Promise<OpenedSession | undefined>;
  /** Ends it because its signature was replayed: the sender has stolen it. */
  endReplayed(sessionId: string): Promise<void>;
}

export interface OpenedSession
  extends
    Pick<WalletAuthentication, 'authentication'>,
    Partial<Pick<WalletAuthentication, 'messageHash' | 'signatureHash'>> {
  /** When its challenge was redeemed; milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A verified signature of the login page, and the challenge that it redeems when its session begins. */
export interface WalletAuthentication {
  readonly authentication: Authentication;
  /** Of the session that the challenge becomes. */
  readonly sessionId: string;
  /** EIP-191 hash of the signed message, base64url. */
  readonly messageHash: string;
  /** SHA-256 of the signature, base64url. */
  readonly signatureHash: string;
  readonly challenge: WalletLogin;
}

/**
 * Wallet logins at the login page: the same challenge and checks, but domain and URI are the issuer's, and the result is a
 * session. Such a nonce is not accepted at `/wallet/verify`.
 */
@Injectable()
export class WalletLogins {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly walletChallenges: WalletChallenges,
    private readonly accounts: AccountProof,
    private readonly issuer: ChallengeIssuer,
  ) {}

  /** `body`: JSON with `address` and optionally `chainId`; other members are ignored. Throws: {@link WalletError}. */
  async begin(body: unknown, client: RelyingParty): Promise<IssuedChallenge> {
    const { address, chainId } = parseWalletBody(loginRequest, body);
    const origin = this.config.issuer;
    const statement = `Sign in to ${inStatement(client.name, 200, 'this application')}`;
    return this.issuer.issue(
      { kind },
      { origin, uri: origin, address, chainId, statement, resources: undefined },
      { clientId: client.clientId, scope: [], lifetime: client.walletChallengeLifetime },
    );
  }

  /** Verifies the signature of a challenge that was issued for this client. Throws: {@link WalletError}, by the first check that fails. */
  async verify({ clientId, arrivedAt, client, sessions, ...answer }: WalletLoginAnswer): Promise<WalletAuthentication> {
    const { nonce, message, signature } = parseSignInAnswer(answer);
    const challenge = await this.challenges.find(kind, nonce);
    const sessionId = grantIdFor(kind, nonce);
    if (challenge === undefined) {
      const opened = await sessions.find(sessionId);
      if (opened === undefined) throw new WalletError('challenge_unknown');
      if (this.isStolen(opened, signature, arrivedAt)) await sessions.endReplayed(sessionId);
      throw new WalletError('challenge_used');
    }
    if (challenge.clientId !== clientId) throw new WalletError('challenge_unknown');
    const account = await this.walletChallenges.verify(challenge, { message, signature, client });
    const { proof } = account;
    return {
      authentication: authenticationOf(account, this.clock.now()),
      sessionId,
      messageHash: Buffer.from(proof.messageHash, 'hex').toString('base64url'),
      signatureHash: proof.signatureHash,
      challenge,
    };
  }

  /**
   * Redeems the challenge, which becomes the session. Returns false when that must end at once: it is asked after it has begun,
   * because the account may have been ended while the signature was withheld or verified, and whoever ends its sessions must
   * find all of them. Throws: {@link WalletError} when no session begins.
   */
  async redeem({ authentication, challenge }: WalletAuthentication, session: Session): Promise<boolean> {
    const { id, wallet, createdAt } = challenge;
    // As of the redemption: from then on a repeat is a duplicate, and later theft.
    const toSession = () => ({ session: { ...session, createdAt: this.clock.now() } });
    const redeemed = await this.challenges.redeem(kind, id, { wallet }, this.clock.now(), toSession);
    if (redeemed === undefined) throw this.walletChallenges.overtaken(challenge);
    return !(await this.challenges.hasEnded({ sub: authentication.sub }, createdAt));
  }

  private isStolen(opened: OpenedSession, signature: string, arrivedAt: number): boolean {
    const { authentication, messageHash, signatureHash = '' } = opened;
    if (messageHash === undefined || !isReplay(opened, arrivedAt)) return false;
    // The session of a linked wallet is its owner's, and names no address: only the same signature is recognised.
    const wallet = addressOf(authentication.sub) ?? '';
    const proof = { wallet, messageHash: Buffer.from(messageHash, 'base64url').toString('hex'), signatureHash };
    return this.accounts.hasSigned(proof, signature);
  }
}
