import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readRecoveryCode } from '../../domain/credentials/recovery-code';
import { hashSecret } from '../../domain/credentials/secret';
import { type User, UserStore } from '../../domain/identity/user-store';
import { canonicalUsername } from '../../domain/identity/username';
import { Clock } from '../../platform/clock';
import { RateLimiter, type TimedBudget } from '../../platform/http/rate-limiter';
import { CredentialChanges } from './account/credential-changes';
import type { PasswordLogin } from './password-logins';

const hour = 3_600_000;
const guessesAnHour = 5;

/** Logs end-users in by recovery codes, each of which works once. */
@Injectable()
export class RecoveryLogins {
  constructor(
    private readonly clock: Clock,
    private readonly users: UserStore,
    private readonly changes: CredentialChanges,
    private readonly limiter: RateLimiter,
  ) {}

  /**
   * Uses up the code; undefined when it is not one of an enabled user with this name. Throws: 429 with `Retry-After` after five
   * guesses at one name in an hour, from anywhere, even if limits are off, and whether or not there is such a user.
   */
  async authenticate({ events }: FastifyRequest, username: string, typed: string): Promise<PasswordLogin | undefined> {
    const budgets = this.budgetsOf(username);
    const spent = await this.limiter.tryInSteps([budgets]);
    if (spent !== undefined) throw this.limiter.refusal(spent);
    const found = await this.users.findByUsername(username);
    if (found !== undefined) events.concern({ sub: found.id });
    const code = readRecoveryCode(typed);
    const user = found && code && (await this.use(found, hashSecret(code)));
    if (!user) return undefined;
    await this.limiter.giveBackAll(budgets);
    this.changes.announce(user, 'recovery_code_used', events);
    return { user, authentication: { sub: user.id, amr: ['otp'], authTime: Math.floor(this.clock.now() / 1000) } };
  }

  /** The user without the code, if it was one and is used up by this call alone. */
  private async use(found: User, hash: string): Promise<User | undefined> {
    if (found.recoveryCodes?.includes(hash) !== true) return undefined;
    let isUsed = false;
    const user = await this.users.change(found.id, (before) => {
      const { recoveryCodes = [], disabled, unverifiedUntil } = before;
      isUsed = recoveryCodes.includes(hash) && disabled !== true && unverifiedUntil === undefined;
      return isUsed ? { ...before, recoveryCodes: recoveryCodes.filter((each) => each !== hash) } : before;
    });
    return isUsed ? user : undefined;
  }

  private budgetsOf(username: string): TimedBudget[] {
    const key = `recovery guesses ${hashSecret(canonicalUsername(username))}`;
    return this.limiter.current(hour, [{ key, atMost: guessesAnHour }]);
  }
}
