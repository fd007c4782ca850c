import type { Clock } from '../../platform/clock';
import { type ChallengeStore, nothing } from '../../domain/challenges/challenge-store';
import { grantIdFor } from '../../domain/challenges/grant';
import type { GrantStore } from '../../domain/challenges/grant-store';
import type { RunClients } from './run-clients';
import type { Credentials } from './credentials';
import type { Trace } from './traces';
import type { Wire } from './wire';

/** What the actors of one run share. */
export interface RunContext {
  /** This server's issuer, as clients know it. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly wire: Wire;
  readonly credentials: Credentials;
  readonly clients: RunClients;
  /** An EIP-155 chain that this server accepts. */
  readonly chainId: number;
  /** Records that the run's logins left in the store; the actors add to it. */
  readonly traces: Trace[];
  /** Back-dates records of this run, instead of waiting until they are old. */
  readonly past: RunPast;
}

/** Back-dates records of a run, and never touches a challenge that was not issued to the run's own clients. */
export class RunPast {
  constructor(
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly grants: GrantStore,
    private readonly clients: RunClients,
  ) {}

  /** Makes the challenge look one second past its expiry. */
  async expire(kind: 'authorization_code' | 'wallet_challenge', id: string): Promise<void> {
    const { app, dapp } = this.clients;
    const { clientId } = kind === 'authorization_code' ? app : dapp;
    const redeemed = await this.challenges.redeem(kind, id, { clientId }, this.clock.now(), nothing);
    if (redeemed === undefined) throw new Error('The challenge to back-date is not there');
    await this.challenges.save({ ...redeemed.challenge, expiresAt: this.clock.now() - 1_000 });
  }

  /** Makes the challenge's successor look `milliseconds` older. */
  async age(kind: 'authorization_code' | 'wallet_challenge', id: string, milliseconds: number): Promise<void> {
    const grant = await this.grants.find(grantIdFor(kind, id));
    const owners = [this.clients.app.clientId, this.clients.dapp.clientId];
    if (grant === undefined || !owners.includes(grant.clientId)) return;
    await this.grants.backdate(grant.id, grant.createdAt - milliseconds);
  }
}
