import { Inject, Injectable } from '@nestjs/common';
import type { WalletChallenge, WalletLogin } from '../../domain/challenges/challenge';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { randomText } from '../../domain/credentials/random';
import type { IssuedChallenge } from './issued-challenge.openapi';
import { type SiweMessageFields, createSiweMessage } from './create-siwe-message';
import { WalletError } from './wallet-error';

/** The entropy of a nonce, in bits. */
export const nonceBits = 128;

/** Without a chain it is 1 where that may sign in, else the first that may. */
type Asked = Omit<SiweMessageFields, 'chainId' | 'nonce' | 'issuedAt' | 'expirationTime'> & {
  readonly chainId: number | undefined;
};
type RelyingParty = Pick<WalletChallenge, 'clientId' | 'scope' | 'audience'> & {
  /** What the signature is to come with; only of the API, where a client has both in its hands. */
  readonly codeChallenge?: string | undefined;
  /** Seconds; by default WALLET_CHALLENGE_TTL. */
  readonly lifetime?: number | undefined;
  /** What the challenge is to remember of the request's trace. */
  readonly trace?: string | undefined;
};

/** Issues the challenges that a signature redeems: of the API, and of the login page. */
@Injectable()
export class ChallengeIssuer {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly challenges: ChallengeStore,
    private readonly clock: Clock,
  ) {}

  /** Stores the message byte for byte as it is handed out. Throws: {@link WalletError}. */
  async issue(
    kind: WalletChallenge['kind'] | WalletLogin['kind'],
    asked: Asked,
    { clientId, scope, audience, codeChallenge, lifetime, trace }: RelyingParty,
  ): Promise<IssuedChallenge> {
    const { address } = asked;
    const { evmChains, walletChallengeTtl } = this.config;
    const chainId = asked.chainId ?? defaultChain(evmChains);
    if (!maySignIn(chainId, evmChains)) throw new WalletError('chain_unsupported');
    // In hex, an alphabet that EIP-4361 allows in a nonce.
    const nonce = randomText(nonceBits / 8, 'hex');
    const issuedAt = this.clock.now();
    const expirationTime = issuedAt + (lifetime ?? walletChallengeTtl) * 1000;
    const message = await createSiweMessage({ ...asked, chainId, nonce, issuedAt, expirationTime });
    await this.challenges.save({
      kind,
      id: nonce,
      wallet: address,
      chainId,
      clientId,
      message,
      scope,
      ...(audience !== undefined && { audience }),
      ...(codeChallenge !== undefined && { codeChallenge }),
      createdAt: issuedAt,
      expiresAt: expirationTime,
      ...(trace !== undefined && { trace }),
    });
    return {
      nonce,
      message,
      address,
      chainId,
      issuedAt: new Date(issuedAt).toISOString(),
      expirationTime: new Date(expirationTime).toISOString(),
    };
  }
}

/** Source: docs/http-api.md, section Wallet model. */
export function defaultChain(evmChains: readonly number[]): number {
  return maySignIn(1, evmChains) ? 1 : (evmChains[0] ?? 1);
}

/** Source: docs/settings.md, section EVM_CHAINS. */
export function maySignIn(chainId: number, evmChains: readonly number[]): boolean {
  return evmChains.length === 0 || evmChains.includes(chainId);
}
