import type { Client } from '../../domain/clients/client';
import { scopes } from '../../domain/clients/scope';
import type { SigningAlgorithm } from '../../platform/settings';

/** With it begin the ids of all clients of runs. */
export const runClientPrefix = 'comparison-';

/** Nobody can be reached there, so no code of a run is ever sent to a real host. Source: RFC 2606 §2. */
const appOrigin = 'https://app.comparison.invalid';

/** What a run's logins ask for: no ID token, which the client alone reads, and which proves nothing to this server. */
export const runScope = 'profile';

/** The clients that a run registers for itself, and removes at its end: the demo clients do not exist in production. */
export interface RunClients {
  /** The victim's application. */
  readonly app: Client;
  readonly redirectUri: string;
  /** Registered for the same application. */
  readonly otherRedirectUri: string;
  /** The victim's dApp. */
  readonly dapp: Client;
  /** The same dApp, whose end-users' wallets write the message. */
  readonly writer: Client;
  /** Honestly registered, and the attacker's. */
  readonly attacker: Client;
}

/** The clients of the run with this id. They are known by their ids, so that those of a lost run can be found. */
export function runClients(runId: string, idTokenAlgorithm: SigningAlgorithm): RunClients {
  const redirectUri = `${appOrigin}/callback`;
  const otherRedirectUri = `${appOrigin}/other`;
  const client = (name: string, rest: Partial<Client>): Client => ({
    clientId: `${runClientPrefix}${runId}-${name}`,
    name: `Comparison (${name})`,
    authentication: 'none',
    redirectUris: [],
    // Without a consent page: the run's end-user is not there to be asked. The redirect URI leads nowhere.
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
    attacker: client('attacker', { redirectUris: [redirectUri] }),
  };
}

/** All that a run registers, and removes. */
export function allOf({ app, dapp, writer, attacker }: RunClients): readonly Client[] {
  return [app, dapp, writer, attacker];
}

/** The run that a client was made for; undefined for a client of anybody else. */
export function runOf(clientId: string): string | undefined {
  return /^comparison-([\w-]{22})-(?:app|dapp|writer|attacker)$/.exec(clientId)?.[1];
}
