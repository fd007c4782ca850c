import { Inject, Injectable } from '@nestjs/common';
import { ChallengeStore, nothing } from '../../domain/challenges/challenge-store';
import { isReplay, successorId } from '../../domain/challenges/grant';
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
  /** When the request came in; milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly client: ClientAddress;
  readonly sessions: OpenedSessions;
}

/** What challenges have become, as far as a replay must know of it. */
export interface OpenedSessions {
  /** The session that a challenge which is gone has become. */
  find(sessionId: string): Promise<OpenedSession | undefined>;
  /** Ends it, because its signature came again: whoever sent it has stolen that. */
  endReplayed(sessionId: string): Promise<void>;
}

export interface OpenedSession {
  /** When its challenge was redeemed; milliseconds since the epoch. */
  readonly createdAt: number;
  readonly authentication: Authentication;
  /** The EIP-191 hash of the message that was signed, base64url. */
  readonly messageHash?: string;
  /** Of a smart account: SHA-256 of the signature, base64url. */
  readonly signatureHash?: string;
}

/** A login by signature at the login page, and the id of the session that its challenge becomes. */
export interface WalletAuthentication {
  readonly authentication: Authentication;
  readonly sessionId: string;
  /** The EIP-191 hash of the message that was signed, base64url. */
  readonly messageHash: string;
  /** Of a smart account: SHA-256 of the signature, base64url. That of a key is recognised by the key. */
  readonly signatureHash?: string;
  /** When its challenge was issued; milliseconds since the epoch. */
  readonly issuedAt: number;
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
    private readonly accounts: AccountProof,
    private readonly issuer: ChallengeIssuer,
  ) {}

  /** `body`: JSON with `address` and perhaps `chainId`; other members are ignored. Throws: {@link WalletError}. */
  async begin(body: unknown, client: RelyingParty): Promise<IssuedChallenge> {
    const { address, chainId } = parseWalletBody(loginRequest, body);
    const origin = this.config.issuer;
    const statement = `Sign in to ${inStatement(client.name, 200, 'this application')}`;
    return this.issuer.issue(
      kind,
      { origin, uri: origin, address, chainId, statement, resources: undefined },
      { clientId: client.clientId, scope: [], lifetime: client.walletChallengeLifetime },
    );
  }

  /** Redeems the challenge that was begun for this client. Throws: {@link WalletError}, by the first check that fails. */
  async complete({
    clientId,
    arrivedAt,
    client,
    sessions,
    ...answer
  }: WalletLoginAnswer): Promise<WalletAuthentication> {
    const { nonce, message, signature } = parseSignInAnswer(answer);
    const challenge = await this.challenges.find(kind, nonce);
    const sessionId = successorId(kind, nonce);
    if (challenge === undefined) {
      const opened = await sessions.find(sessionId);
      if (opened === undefined) throw new WalletError('challenge_unknown');
      if (this.isStolen(opened, signature, arrivedAt)) await sessions.endReplayed(sessionId);
      throw new WalletError('challenge_used');
    }
    if (challenge.clientId !== clientId) throw new WalletError('challenge_unknown');
    const account = await this.walletChallenges.verify(challenge, { message, signature, client });
    const { wallet } = challenge;
    const redeemed = await this.challenges.redeem(kind, nonce, { wallet }, this.clock.now(), nothing);
    if (redeemed === undefined) throw this.walletChallenges.overtaken(challenge);
    const { accountProof, proof } = account;
    return {
      authentication: authenticationOf(account, this.clock.now()),
      sessionId,
      messageHash: Buffer.from(proof.messageHash, 'hex').toString('base64url'),
      ...(accountProof === 'code' && { signatureHash: proof.signatureHash }),
      issuedAt: challenge.createdAt,
    };
  }

  /**
   * Whether the login counts. To be asked when its session has begun: all of the account may be ended while a signature is
   * held back or checked, and whoever ends its sessions must find all of them.
   */
  async holds({ authentication, issuedAt }: WalletAuthentication): Promise<boolean> {
    return !(await this.challenges.hasEnded({ sub: authentication.sub }, issuedAt));
  }

  private isStolen(opened: OpenedSession, signature: string, arrivedAt: number): boolean {
    const { authentication, messageHash, signatureHash = '' } = opened;
    const wallet = addressOf(authentication.sub);
    if (wallet === undefined || messageHash === undefined || !isReplay(opened, arrivedAt)) return false;
    const proof = { wallet, messageHash: Buffer.from(messageHash, 'base64url').toString('hex'), signatureHash };
    return this.accounts.hasSigned(proof, signature);
  }
}
