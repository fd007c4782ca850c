import { Injectable } from '@nestjs/common';
import { hashSecret } from '../../domain/credentials/secret';
import { type Budget, RateLimiter } from '../../platform/http/rate-limiter';
import { canonicalUsername } from '../../domain/identity/username';

const hour = 3_600_000;
const guessesAnHour = 100;

/**
 * How often the password of one user may be guessed in an hour, from all addresses together. A browser that has logged in
 * as the user before has a budget of its own, so that no stranger can lock the user out.
 */
@Injectable()
export class PasswordGuesses {
  constructor(private readonly limiter: RateLimiter) {}

  /** Counts a guess before it is checked. `marker`: of a known browser. Throws: 429 with `Retry-After`. */
  async take(username: string, marker: string | undefined): Promise<void> {
    await this.limiter.take(hour, [budgetOf(username, marker)]);
  }

  /** A password that was right, or was not looked at, was no guess. */
  async giveBack(username: string, marker: string | undefined): Promise<void> {
    await this.limiter.giveBack(hour, budgetOf(username, marker));
  }
}

function budgetOf(username: string, marker: string | undefined): Budget {
  const key = marker === undefined ? `guesses ${hashSecret(canonicalUsername(username))}` : `guesses of ${marker}`;
  return { key, atMost: guessesAnHour };
}
