import { Inject, Injectable } from '@nestjs/common';
import { ClientStore } from '../clients/client-store';
import type { Events } from '../events/events';
import { isKnownScope } from '../clients/scope';
import { CONFIG, type Config } from '../config';
import { ChallengeIssuer, type IssuedChallenge } from './challenge-issuer';
import { WalletError } from './wallet-error';
import type { ChallengeRequest } from './wallet.schemas';

const developmentClientId = 'demo-dapp';

/** From an account to the message that its key must sign: the client commits to an address. Source: EIP-4361. */
@Injectable()
export class RequestChallengeFlow {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly issuer: ChallengeIssuer,
  ) {}

  /** Throws: {@link WalletError}, by the first check that fails. */
  async request(request: ChallengeRequest & { readonly events: Events }): Promise<IssuedChallenge> {
    const { clientId, scope, events, ...asked } = request;
    const client = await this.clients.find(clientId ?? this.defaultClientId());
    // Domain and URI are the registered ones: a request header would be the attacker's.
    const origin = client?.walletOrigin;
    if (client === undefined || origin === undefined) throw new WalletError('client_id_invalid');
    const uri = asked.uri ?? origin;
    if (!liesUnder(uri, origin)) throw new WalletError('uri_invalid');
    if (!scope.every(isKnownScope)) throw new WalletError('scope_unknown');

    const { address, chainId, statement, resources } = asked;
    const issued = await this.issuer.issue(
      'wallet_challenge',
      { origin, address, chainId, uri, statement, resources },
      { clientId: client.clientId, scope: scope.filter((name) => client.scopes.includes(name)) },
    );
    events.emit({ type: 'challenge_issued', clientId: client.clientId });
    return issued;
  }

  private defaultClientId(): string {
    if (this.config.production) throw new WalletError('client_id_invalid');
    return developmentClientId;
  }
}

/** Compared as strings: `http:/host`, `http://@host` and `http://host\@other` mean one thing to one reader, another to the next. */
function liesUnder(uri: string, origin: string): boolean {
  return uri.startsWith(origin) && /^(?:[/?#]|$)/.test(uri.slice(origin.length));
}
