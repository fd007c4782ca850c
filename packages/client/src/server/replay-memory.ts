/** A key's own name for a proof, and the proof's time. Source: RFC 9449 §4.2. */
export interface UsedProof {
  /** Thumbprint of the key that signed it. */
  readonly jkt: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  /** From this second the proof is too old to be accepted, and may be forgotten. */
  readonly expiresAt: number;
}

/**
 * Remembers proofs until they are too old. Several processes of one service need a shared one (a database's insert-if-absent
 * with an expiry will do): otherwise each process would accept a proof once.
 */
export interface ReplayMemory {
  /** `used` if the proof was remembered before, `full` if there is no room, else `fresh`: for one of several concurrent calls. */
  remember(proof: UsedProof, now: number): ReplayOutcome | Promise<ReplayOutcome>;
}

/** The result of remembering a proof. */
export type ReplayOutcome = 'fresh' | 'used' | 'full';

/**
 * A replay cache in this process for at most `limit` proofs. One key gets at most an eighth of it, so that no client can use it
 * up for the others. A proof that does not fit is refused, since forgetting early would accept a replay.
 */
export class ProcessReplayMemory implements ReplayMemory {
  /** By the second of expiry, then by key: expired ones are dropped without a search. */
  private readonly seconds = new Map<number, Map<string, Set<string>>>();
  private size = 0;

  constructor(private readonly limit = 131_072) {}

  /** Synchronous. `now` in seconds since the epoch. */
  remember({ jkt, jti, expiresAt }: UsedProof, now: number): ReplayOutcome {
    this.forgetUntil(now);
    const keys = this.seconds.get(expiresAt) ?? new Map<string, Set<string>>();
    const proofs = keys.get(jkt) ?? new Set<string>();
    if (proofs.has(jti)) return 'used';
    if (this.size >= this.limit || this.sizeOf(jkt) >= Math.ceil(this.limit / 8)) return 'full';
    this.seconds.set(expiresAt, keys.set(jkt, proofs.add(jti)));
    this.size += 1;
    return 'fresh';
  }

  private sizeOf(jkt: string): number {
    let size = 0;
    for (const keys of this.seconds.values()) size += keys.get(jkt)?.size ?? 0;
    return size;
  }

  private forgetUntil(now: number): void {
    for (const [expiresAt, keys] of this.seconds) {
      if (expiresAt > now) continue;
      for (const proofs of keys.values()) this.size -= proofs.size;
      this.seconds.delete(expiresAt);
    }
  }
}
