import type { Client } from '../../domain/clients/client';
import { scopes } from '../../domain/clients/scope';
import type { SigningAlgorithm } from '../../platform/settings';

/** Prefix of the ids of all clients of runs. */
export const runClientPrefix = 'comparison-';

/** A reserved name that does not resolve, so no code of a run is ever sent to a real host. Source: RFC 2606 §2. */
const appOrigin = 'https://app.comparison.invalid';

/** The scope of a run's logins: no ID token, which only the client reads and which proves nothing to this server. */
export const runScope = 'profile';

/** The clients that a run registers and removes: the demo clients do not exist in production. */
export interface RunClients {
  /** The victim's application. */
  readonly app: Client;
  readonly redirectUri: string;
  /** Another registered redirect URI of the same application. */
  readonly otherRedirectUri: string;
  /** The victim's application with refresh tokens, of which none serves twice. */
  readonly keeper: Client;
  /** The victim's dApp. */
  readonly dapp: Client;
  /** The same dApp, with wallets that write the message. */
  readonly writer: Client;
  /** The attacker's client, properly registered; end-users are asked before they share anything with it. */
  readonly attacker: Client;
}

/** The clients of the run with this id. Their ids contain it, so that those of a lost run can be found. */
export function runClients(runId: string, idTokenAlgorithm: SigningAlgorithm): RunClients {
  const redirectUri = `${appOrigin}/callback`;
  const otherRedirectUri = `${appOrigin}/other`;
  const client = (name: string, rest: Partial<Client>): Client => ({
    clientId: `${runClientPrefix}${runId}-${name}`,
    name: `Comparison (${name})`,
    authentication: 'none',
    redirectUris: [],
    // Without a consent page, as the run has no human end-user. The redirect URI leads nowhere.
    firstParty: true,
    scopes: scopes.filter((scope) => scope !== 'offline_access'),
    idTokenAlgorithm,
    synthetic: true,
    registeredBy: 'run',
    demo: false,
    ...rest,
  });
  return {
    app: client('app', { redirectUris: [redirectUri, otherRedirectUri] }),
    redirectUri,
    otherRedirectUri,
    dapp: client('dapp', { walletOrigin: appOrigin }),
    writer: client('writer', { walletOrigin: appOrigin, walletMessage: 'wallet' }),
    keeper: client('keeper', { redirectUris: [redirectUri], scopes, refreshTokenGrace: 0 }),
    attacker: client('attacker', { redirectUris: [redirectUri], firstParty: false }),
  };
}

/** All clients of a run. */
export function allOf({ app, keeper, dapp, writer, attacker }: RunClients): readonly Client[] {
  return [app, keeper, dapp, writer, attacker];
}

/** The run of a client; undefined for any other client. */
export function runOf(clientId: string): string | undefined {
  return /^comparison-([\w-]{22})-(?:app|keeper|dapp|writer|attacker)$/.exec(clientId)?.[1];
}
