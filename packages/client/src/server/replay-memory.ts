/** The name that a key has given to a proof of its own, and when it made it. Source: RFC 9449 §4.2. */
export interface UsedProof {
  /** The thumbprint of the key that signed it. */
  readonly jkt: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  /** The first second at which the proof is too old to be accepted, and may be forgotten. */
  readonly expiresAt: number;
}

/**
 * Remembers proofs until they are too old. With several processes behind one name, give them one memory (a database's
 * insert-if-absent with an expiry will do): each process by itself would accept a proof once.
 */
export interface ReplayMemory {
  /** `used` if the proof was remembered before, `full` if it cannot be, else `fresh`: of concurrent calls, one. */
  remember(proof: UsedProof, now: number): ReplayOutcome | Promise<ReplayOutcome>;
}

/** What became of a proof that was to be remembered. */
export type ReplayOutcome = 'fresh' | 'used' | 'full';

/**
 * A memory of this process, of `limit` proofs at most. One key may have an eighth of it, so that no client can use it up for
 * the others; what does not fit is not accepted, since a memory that forgets early would accept a replay.
 */
export class ProcessReplayMemory implements ReplayMemory {
  /** By the second at which they expire, then by key: what has expired is dropped without looking at it. */
  private readonly seconds = new Map<number, Map<string, Set<string>>>();
  private size = 0;

  constructor(private readonly limit = 131_072) {}

  /** At once. `now` in seconds since the epoch. */
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
