import type { Clock } from '../../platform/clock';
import type { ChallengeOf } from '../../domain/challenges/challenge';
import { type ChallengeStore, nothing } from '../../domain/challenges/challenge-store';
import { grantIdFor } from '../../domain/challenges/grant';
import type { GrantStore } from '../../domain/challenges/grant-store';
import { hashSecret } from '../../domain/credentials/secret';
import { allOf, type RunClients } from './run-clients';
import type { UserStore } from '../../domain/identity/user-store';
import type { SessionStore } from '../../protocols/login/session-store';
import type { Credentials } from './credentials';
import type { RunPersons } from './run-persons';
import type { Trace } from './traces';
import type { TappedWire } from './tapped-wire';

/** Kinds of challenges whose redemption is attacked. */
export type RedeemedKind = 'authorization_code' | 'wallet_challenge' | 'passkey_login';

/** What the actors of one run share. */
export interface RunContext {
  /** This server's issuer, as clients know it. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly wire: TappedWire;
  readonly credentials: Credentials;
  readonly clients: RunClients;
  /** Registered where passkeys are played. */
  readonly persons: RunPersons;
  /** An EIP-155 chain that this server accepts. */
  readonly chainId: number;
  /** Records that the run's logins left in the store; the actors add to it. */
  readonly traces: Trace[];
  /** What only the store's operator can do. */
  readonly operator: RunOperator;
}

/**
 * Back-dates records of a run, instead of waiting until they are old, and reads them as a thief of the database does. Never
 * touches a challenge that was not issued to the run's own clients.
 */
export class RunOperator {
  constructor(
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly grants: GrantStore,
    private readonly sessions: SessionStore,
    private readonly users: UserStore,
    private readonly clients: RunClients,
    private readonly persons: RunPersons,
    private readonly issuer: string,
  ) {}

  /** Makes the challenge of this code or nonce look one second past its expiry. */
  async expire(kind: RedeemedKind, credential: string): Promise<void> {
    const { id } = await this.stored(kind, credential);
    const redeemed = await this.challenges.redeem(kind, id, {}, this.clock.now(), nothing);
    if (redeemed === undefined) throw new Error('The challenge to back-date has expired');
    await this.challenges.save({ ...redeemed.challenge, expiresAt: this.clock.now() - 1_000 });
  }

  /** The record of this code or nonce. Rejects when there is none of this run's clients. */
  async stored<Kind extends RedeemedKind>(kind: Kind, credential: string): Promise<ChallengeOf<Kind>> {
    for (const id of idsOf(credential)) {
      const challenge = await this.challenges.find(kind, id);
      if (challenge !== undefined && this.isOwn(challenge)) return challenge;
    }
    throw new Error('The challenge is not there');
  }

  /** Makes the successor of this code or nonce look `milliseconds` older. */
  async age(kind: RedeemedKind, credential: string, milliseconds: number): Promise<void> {
    for (const id of idsOf(credential)) {
      const grant = await this.grants.find(grantIdFor(kind, id));
      if (grant !== undefined && this.isOwn(grant)) {
        await this.grants.backdate(grant.id, grant.createdAt - milliseconds);
      }
    }
  }

  /** Makes the session that this challenge became look `milliseconds` older. */
  async ageSession(kind: 'passkey_login', challenge: string, milliseconds: number): Promise<void> {
    await this.sessions.backdate(grantIdFor(kind, challenge), milliseconds);
  }

  /** Says for the victim that a passkey that an attack before made suspected is no copy. */
  async trustPasskeys(): Promise<void> {
    await this.users.change(this.persons.victim.user.id, (user) => ({
      ...user,
      passkeys: (user.passkeys ?? []).map(({ suspected, ...passkey }) =>
        suspected === true ? { ...passkey, trusted: true } : passkey,
      ),
    }));
  }

  private isOwn({ clientId }: { readonly clientId: string }): boolean {
    // The login page without a client's request is the issuer's own.
    return clientId === this.issuer || allOf(this.clients).some((client) => client.clientId === clientId);
  }
}

/** A code is stored by its hash, a nonce as it is. */
function idsOf(credential: string): readonly string[] {
  return [hashSecret(credential), credential];
}
