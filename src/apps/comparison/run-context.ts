import type { Clock } from '../../platform/clock';
import { type ChallengeStore, nothing } from '../../domain/challenges/challenge-store';
import { successorId } from '../../domain/challenges/grant';
import type { GrantStore } from '../../domain/challenges/grant-store';
import type { RunClients } from './run-clients';
import type { Credentials } from './credentials';
import type { Trace } from './traces';
import type { Wire } from './wire';

/** What the actors of one run share. */
export interface RunContext {
  /** As clients know this server. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly wire: Wire;
  readonly credentials: Credentials;
  readonly clients: RunClients;
  /** An EIP-155 chain that this server accepts. */
  readonly chainId: number;
  /** Where the run's logins left something in the store; the actors add to it. */
  readonly traces: Trace[];
  /** Turns back the clock of a record of this run, in place of waiting until it is old. */
  readonly past: RunPast;
}

/** Makes records of a run old. It only ever touches a challenge that the run's own clients were given. */
export class RunPast {
  constructor(
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly grants: GrantStore,
    private readonly clients: RunClients,
  ) {}

  /** The challenge as it would be a second after its expiry. */
  async expire(kind: 'authorization_code' | 'wallet_challenge', id: string): Promise<void> {
    const { app, dapp } = this.clients;
    const { clientId } = kind === 'authorization_code' ? app : dapp;
    const redeemed = await this.challenges.redeem(kind, id, { clientId }, this.clock.now(), nothing);
    if (redeemed === undefined) throw new Error('The challenge to back-date is not there');
    await this.challenges.save({ ...redeemed.challenge, expiresAt: this.clock.now() - 1_000 });
  }

  /** What the challenge became, as it would be `milliseconds` later. */
  async age(kind: 'authorization_code' | 'wallet_challenge', id: string, milliseconds: number): Promise<void> {
    const grant = await this.grants.find(successorId(kind, id));
    const owners = [this.clients.app.clientId, this.clients.dapp.clientId];
    if (grant === undefined || !owners.includes(grant.clientId)) return;
    await this.grants.backdate(grant.id, grant.createdAt - milliseconds);
  }
}
