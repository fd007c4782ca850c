import type { Clock } from '../clock';
import type { ChallengeStore } from '../challenges/challenge-store';
import type { TombstoneStore } from '../challenges/tombstone-store';
import type { RunClients } from './run-clients';
import type { Credentials } from './credentials';
import type { Trace } from './traces';
import type { Wire } from './wire';

/** What the actors of one run share. */
export interface Stage {
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
    private readonly tombstones: TombstoneStore,
    private readonly clients: RunClients,
  ) {}

  /** The challenge as it would be a second after its expiry. */
  async expire(kind: 'wallet_challenge', id: string): Promise<void> {
    const { clientId } = this.clients.dapp;
    const challenge = await this.challenges.consume(kind, id, { clientId }, this.clock.now());
    if (challenge === undefined) throw new Error('The challenge to back-date is not there');
    await this.challenges.save({ ...challenge, expiresAt: this.clock.now() - 1_000 });
  }

  /** The tombstone as it would be `milliseconds` later. */
  async age(kind: 'authorization_code' | 'wallet_challenge', id: string, milliseconds: number): Promise<void> {
    const tombstone = await this.tombstones.find(kind, id, this.clock.now());
    const owners = [this.clients.app.clientId, this.clients.dapp.clientId];
    if (tombstone === undefined || !owners.includes(tombstone.clientId)) return;
    await this.tombstones.leave({ ...tombstone, spentAt: tombstone.spentAt - milliseconds });
  }
}
