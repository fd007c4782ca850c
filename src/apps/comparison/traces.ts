import { Injectable } from '@nestjs/common';
import { SessionStore } from '../../protocols/login/session-store';
import type { ChallengeKind } from '../../domain/challenges/challenge';
import { ChallengeStore, nothing } from '../../domain/challenges/challenge-store';
import { type Grant, grantIdFor } from '../../domain/challenges/grant';
import { GrantStore } from '../../domain/challenges/grant-store';
import { hashSecret } from '../../domain/credentials/secret';
import { Clock } from '../../platform/clock';
import { ClientStore } from '../../domain/clients/client-store';
import { UserStore } from '../../domain/identity/user-store';
import { challengeOf, codeOf, nonceOf } from './answers';
import type { ShownRecord } from './run';
import type { WireAnswer } from './wire';
import { shortened } from './credentials';

const nonceKinds = ['wallet_challenge', 'wallet_login', 'wallet_nonce'] as const;

/** A place in the store where a login left a record. */
export type Trace =
  | {
      readonly kind: Extract<
        ChallengeKind,
        'authorization_code' | 'wallet_challenge' | 'wallet_login' | 'wallet_nonce' | 'passkey_login'
      >;
      readonly id: string;
    }
  | { readonly kind: 'session'; readonly id: string };

/** Where an answer leaves a record: a code, or the nonce of any kind of challenge. */
export function tracesOf(answer: WireAnswer): Trace[] {
  const code = codeOf(answer);
  const [nonce, challenge] = [nonceOf(answer), challengeOf(answer)];
  return [
    ...(code === undefined ? [] : [{ kind: 'authorization_code', id: hashSecret(code) } as const]),
    ...(nonce === undefined ? [] : nonceKinds.map((kind) => ({ kind, id: nonce }))),
    ...(challenge === undefined ? [] : [{ kind: 'passkey_login', id: challenge } as const]),
  ];
}

/** Shows and removes a login's records in the store; it takes no part in a login. */
@Injectable()
export class Traces {
  constructor(
    private readonly clock: Clock,
    private readonly challenges: ChallengeStore,
    private readonly grants: GrantStore,
    private readonly sessions: SessionStore,
    private readonly clients: ClientStore,
    private readonly users: UserStore,
  ) {}

  /** The current records of these traces, credentials as the beginnings of their hashes. */
  async look(traces: readonly Trace[]): Promise<ShownRecord[]> {
    const found = await Promise.all(traces.map((trace) => this.recordsOf(trace)));
    return found.flat();
  }

  /** Removes the records of a run, its clients and its persons. Grants stay until their last token has expired, because replay detection must outlive the run. */
  async remove(
    traces: readonly Trace[],
    clientIds: readonly string[],
    userIds: readonly string[],
  ): Promise<Record<string, number>> {
    const users = userIds.length > 0 ? { users: userIds.length } : {};
    const removed = { clients: clientIds.length, ...users, sessions: 0, challenges: 0 };
    for (const clientId of clientIds) await this.clients.remove(clientId);
    for (const userId of userIds) await this.users.remove(userId);
    for (const { kind, id } of traces) {
      if (kind === 'session') {
        await this.sessions.end(id, this.clock.now());
        removed.sessions += 1;
      } else if ((await this.challenges.redeem(kind, id, {}, 0, nothing)) !== undefined) {
        // At time 0 nothing has expired, so this removes the back-dated challenge, too.
        removed.challenges += 1;
      }
    }
    return removed;
  }

  private async recordsOf({ kind, id }: Trace): Promise<ShownRecord[]> {
    const now = this.clock.now();
    if (kind === 'session') {
      const session = await this.sessions.find(id, now);
      if (session === undefined) return [];
      const { secretHash: _secretHash, ...record } = session;
      return [this.shown('sessions', record, false)];
    }
    const [challenge, grant] = await Promise.all([
      this.challenges.find(kind, id),
      this.grants.find(grantIdFor(kind, id)),
    ]);
    // A nonce is public and stored as it is; every other id is a hash.
    const isHash = kind === 'authorization_code';
    return [
      ...(challenge === undefined ? [] : [this.shown('challenges', challenge, isHash)]),
      ...(grant === undefined ? [] : [this.shown('grants', withoutRefresh(grant), false)]),
    ];
  }

  private shown(
    collection: ShownRecord['collection'],
    record: { readonly id: string; readonly expiresAt: number },
    isHash: boolean,
  ): ShownRecord {
    const secondsToLive = Math.ceil((record.expiresAt - this.clock.now()) / 1000);
    const id = isHash ? `sha256:${record.id.slice(0, shortened('').length - 'sha256:'.length)}` : record.id;
    return { ...record, collection, id, secondsToLive };
  }
}

/** Omits the encrypted refresh state, which nobody here can decrypt. */
function withoutRefresh({ refresh: _refresh, ...grant }: Grant): Omit<Grant, 'refresh'> {
  return grant;
}
