import { Inject, Injectable } from '@nestjs/common';
import { AccessRequests } from '../../domain/apis/access-requests';
import type { Client } from '../../domain/clients/client';
import { ClientStore } from '../../domain/clients/client-store';
import type { Events } from '../../domain/events/events';
import { CONFIG, type Config } from '../../platform/config';
import { AccessStatements } from './access-statements';
import { ChallengeIssuer } from './challenge-issuer';
import type { IssuedChallenge } from './issued-challenge.openapi';
import { liesUnder } from './uri';
import { WalletError } from './wallet-error';
import type { IssuedNonce } from './wallet.openapi';
import type { ChallengeRequest, NonceRequest } from './wallet.schemas';

const developmentClientId = 'demo-dapp';

type WithEvents<Request> = Request & { readonly events: Events };
type WalletClient = Client & { readonly walletOrigin: string };

/** Begins a wallet login. Source: EIP-4361. */
@Injectable()
export class RequestChallengeFlow {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly access: AccessRequests,
    private readonly statements: AccessStatements,
    private readonly issuer: ChallengeIssuer,
  ) {}

  /**
   * From an account to the message that its key must sign: the client commits to an address. Throws: {@link WalletError}, by
   * the first check that fails.
   */
  async request(request: WithEvents<ChallengeRequest>): Promise<IssuedChallenge> {
    const { clientId, events, statement: own, ...asked } = request;
    const client = await this.clients.find(clientId ?? this.defaultClientId());
    assertForWallets(client);
    const origin = client.walletOrigin;
    events.concern({ clientId: client.clientId });
    const { address, chainId, resources, uri = origin } = asked;
    if (!liesUnder(uri, origin)) throw new WalletError('uri_invalid');
    const { party, stated } = await this.grant(client, request);
    const statement = stated === undefined || own === undefined ? (stated ?? own) : `${stated} ${own}`;
    const message = { origin, address, chainId, uri, statement, resources };
    return announced(await this.issuer.issue({ kind: 'wallet_challenge' }, message, party), client, events);
  }

  /**
   * Issues a nonce without an address, for wallets that write the message themselves before the account is known. Throws:
   * {@link WalletError}, by the first check that fails. Source: ERC-7846, wallet_connect with signInWithEthereum.
   */
  async requestNonce(request: WithEvents<NonceRequest>): Promise<IssuedNonce> {
    const { clientId, chainId, events } = request;
    const client = await this.clients.find(clientId);
    assertForWallets(client);
    if (client.walletMessage !== 'wallet') throw new WalletError('client_id_invalid');
    events.concern({ clientId });
    const { party, stated: statement } = await this.grant(client, request);
    return announced(
      await this.issuer.issueNonce({ origin: client.walletOrigin, chainId, statement }, party),
      client,
      events,
    );
  }

  /** What the client gets of what it asks for, and what the message must say about it. */
  private async grant(
    client: WalletClient,
    { scope, resourceIndicators, codeChallenge, events }: WithEvents<NonceRequest | ChallengeRequest>,
  ) {
    const access = await this.access.decide(client, { scope, resources: resourceIndicators });
    if (typeof access === 'string') throw new WalletError(access);
    const { clientId, walletChallengeLifetime: lifetime } = client;
    const party = { clientId, ...access, codeChallenge, lifetime, trace: events.trace };
    return { party, stated: await this.statements.of(client, access) };
  }

  private defaultClientId(): string {
    if (this.config.production) throw new WalletError('client_id_invalid');
    return developmentClientId;
  }
}

/** Domain and URI are the registered ones: a request header is under the attacker's control. */
function assertForWallets(client: Client | undefined): asserts client is WalletClient {
  if (client?.walletOrigin === undefined) throw new WalletError('client_id_invalid');
}

function announced<Issued extends IssuedChallenge | IssuedNonce>(
  issued: Issued,
  { clientId }: Client,
  events: Events,
): Issued {
  events.emit({ type: 'challenge_issued', clientId, challengeId: issued.nonce });
  return issued;
}
