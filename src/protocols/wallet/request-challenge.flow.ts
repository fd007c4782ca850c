import { Inject, Injectable } from '@nestjs/common';
import { AccessRequests } from '../../domain/apis/access-requests';
import { ClientStore } from '../../domain/clients/client-store';
import type { Events } from '../../domain/events/events';
import { CONFIG, type Config } from '../../platform/config';
import { AccessStatements } from './access-statements';
import { ChallengeIssuer } from './challenge-issuer';
import type { IssuedChallenge } from './issued-challenge.openapi';
import { liesUnder } from './uri';
import { WalletError } from './wallet-error';
import type { ChallengeRequest } from './wallet.schemas';

const developmentClientId = 'demo-dapp';

/** From an account to the message that its key must sign: the client commits to an address. Source: EIP-4361. */
@Injectable()
export class RequestChallengeFlow {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly access: AccessRequests,
    private readonly statements: AccessStatements,
    private readonly issuer: ChallengeIssuer,
  ) {}

  /** Throws: {@link WalletError}, by the first check that fails. */
  async request(request: ChallengeRequest & { readonly events: Events }): Promise<IssuedChallenge> {
    const { clientId, scope, resourceIndicators, codeChallenge, events, ...asked } = request;
    const client = await this.clients.find(clientId ?? this.defaultClientId());
    // Domain and URI are the registered ones: a request header would be the attacker's.
    const origin = client?.walletOrigin;
    if (client === undefined || origin === undefined) throw new WalletError('client_id_invalid');
    events.concern({ clientId: client.clientId });
    const uri = asked.uri ?? origin;
    if (!liesUnder(uri, origin)) throw new WalletError('uri_invalid');
    const access = await this.access.decide(client, { scope, resources: resourceIndicators });
    if (typeof access === 'string') throw new WalletError(access);

    const { address, chainId, resources, statement: own } = asked;
    const stated = await this.statements.of(client, access);
    const statement = stated === undefined || own === undefined ? (stated ?? own) : `${stated} ${own}`;
    const issued = await this.issuer.issue(
      'wallet_challenge',
      { origin, address, chainId, uri, statement, resources },
      {
        clientId: client.clientId,
        ...access,
        codeChallenge,
        lifetime: client.walletChallengeLifetime,
        trace: events.trace,
      },
    );
    events.emit({ type: 'challenge_issued', clientId: client.clientId, challengeId: issued.nonce });
    return issued;
  }

  private defaultClientId(): string {
    if (this.config.production) throw new WalletError('client_id_invalid');
    return developmentClientId;
  }
}
