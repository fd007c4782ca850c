import { walletError } from './wallet-error.ts';

/** A message that is to be signed, and what its signature has to come with. */
export interface PendingChallenge {
  readonly nonce: string;
  /** Undefined where the wallet writes the message. */
  readonly message?: string;
  readonly codeVerifier?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** So that a page that asks and asks holds no more than a few verifiers. */
const challengesAtMost = 20;

/** The challenges that wait for their signature, in memory alone: each is there once, until it expires. */
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
    /** Takes it out, so that two calls at once cannot both send its verifier. Throws `challenge_not_asked`. */
    take(nonce: string): PendingChallenge {
      forgetExpired();
      const challenge = pending.get(nonce);
      if (challenge === undefined) throw walletError('challenge_not_asked');
      pending.delete(nonce);
      return challenge;
    },
  };
}
