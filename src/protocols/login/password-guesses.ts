import { Injectable } from '@nestjs/common';
import { hashSecret } from '../../domain/credentials/secret';
import { type Budget, RateLimiter } from '../../platform/http/rate-limiter';
import { canonicalUsername } from '../../domain/identity/username';

const hour = 3_600_000;
const guessesAnHour = 100;

/**
 * Limits the guesses at a user's password in an hour, from all IP addresses together. A browser in which the user has logged in
 * before has a budget of its own, so that an attacker cannot lock the user out.
 */
@Injectable()
export class PasswordGuesses {
  constructor(private readonly limiter: RateLimiter) {}

  /** Counts a guess before it is checked. `marker`: of a known browser. Throws: 429 with `Retry-After`. */
  async take(username: string, marker: string | undefined): Promise<void> {
    await this.limiter.take(hour, [budgetOf(username, marker)]);
  }

  /** A right or an unchecked password is not a guess. */
  async giveBack(username: string, marker: string | undefined): Promise<void> {
    await this.limiter.giveBack(hour, budgetOf(username, marker));
  }
}

function budgetOf(username: string, marker: string | undefined): Budget {
  const key = marker === undefined ? `guesses ${hashSecret(canonicalUsername(username))}` : `guesses of ${marker}`;
  return { key, atMost: guessesAnHour };
}
