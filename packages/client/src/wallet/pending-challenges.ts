import { walletError } from './wallet-error.ts';

/** A message to sign, and the verifier for its signature. */
export interface PendingChallenge {
  readonly nonce: string;
  /** Undefined when the wallet writes the message. */
  readonly message?: string;
  readonly codeVerifier?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Limits the stored verifiers, however many messages a page requests. */
const challengesAtMost = 20;

/** Challenges that wait for their signature, in memory: each can be taken once, until it expires. */
export function pendingChallenges(now: () => number) {
  const pending = new Map<string, PendingChallenge>();
  const forgetExpired = () => {
    for (const [nonce, { expiresAt }] of pending) if (expiresAt <= now()) pending.delete(nonce);
  };
  return {
    add(challenge: PendingChallenge): void {
      forgetExpired();
      const [oldest] = pending.keys();
      if (pending.size >= challengesAtMost && oldest !== undefined) pending.delete(oldest);
      pending.set(challenge.nonce, challenge);
    },
    /** Removes it, so that two concurrent calls cannot both send its verifier. Throws `challenge_not_asked`. */
    take(nonce: string): PendingChallenge {
      forgetExpired();
      const challenge = pending.get(nonce);
      if (challenge === undefined) throw walletError('challenge_not_asked');
      pending.delete(nonce);
      return challenge;
    },
  };
}
