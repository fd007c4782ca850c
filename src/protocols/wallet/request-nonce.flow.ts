import { Inject, Injectable } from '@nestjs/common';
import { AccessRequests } from '../../domain/apis/access-requests';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { randomText } from '../../domain/credentials/random';
import type { Events } from '../../domain/events/events';
import { AccessStatements } from './access-statements';
import { maySignIn, nonceBits } from './challenge-issuer';
import { WalletError } from './wallet-error';
import type { IssuedNonce } from './wallet.openapi';
import type { NonceRequest } from './wallet.schemas';

/**
 * To a nonce that belongs to no address yet: for wallets that write the message themselves, before anybody knows whose
 * account it will be. Source: EIP-4361; ERC-7846, wallet_connect with signInWithEthereum.
 */
@Injectable()
export class RequestNonceFlow {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly access: AccessRequests,
    private readonly statements: AccessStatements,
    private readonly challenges: ChallengeStore,
    private readonly clock: Clock,
  ) {}

  /** Throws: {@link WalletError}, by the first check that fails. */
  async request(request: NonceRequest & { readonly events: Events }): Promise<IssuedNonce> {
    const { clientId, chainId, scope, resourceIndicators, codeChallenge, events } = request;
    const client = await this.clients.find(clientId);
    const origin = client?.walletOrigin;
    if (client === undefined || origin === undefined || client.walletMessage !== 'wallet') {
      throw new WalletError('client_id_invalid');
    }
    events.concern({ clientId });
    const access = await this.access.decide(client, { scope, resources: resourceIndicators });
    if (typeof access === 'string') throw new WalletError(access);
    const { evmChains, walletChallengeTtl } = this.config;
    if (chainId !== undefined && !maySignIn(chainId, evmChains)) throw new WalletError('chain_unsupported');

    const statement = await this.statements.of(client, access);
    // In hex, an alphabet that EIP-4361 allows in a nonce.
    const nonce = randomText(nonceBits / 8, 'hex');
    const createdAt = this.clock.now();
    const expiresAt = createdAt + (client.walletChallengeLifetime ?? walletChallengeTtl) * 1000;
    const handedOut = { ...(chainId !== undefined && { chainId }), ...(statement !== undefined && { statement }) };
    const { trace } = events;
    await this.challenges.save({
      kind: 'wallet_nonce',
      id: nonce,
      clientId,
      ...access,
      ...handedOut,
      ...(codeChallenge !== undefined && { codeChallenge }),
      createdAt,
      expiresAt,
      ...(trace !== undefined && { trace }),
    });
    events.emit({ type: 'challenge_issued', clientId, challengeId: nonce });
    return {
      nonce,
      domain: new URL(origin).host,
      uri: origin,
      version: '1',
      ...handedOut,
      issuedAt: new Date(createdAt).toISOString(),
      expirationTime: new Date(expiresAt).toISOString(),
    };
  }
}
