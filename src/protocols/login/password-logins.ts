import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Authentication } from '../../domain/identity/authentication';
import { Clock } from '../../platform/clock';
import { passwordMatches, passwordsAreBusy } from '../../domain/credentials/password';
import { PasswordsBusyError } from '../../domain/credentials/password-pool';
import { passwordVersionOf, type User, UserStore } from '../../domain/identity/user-store';
import { KnownBrowsers } from './known-browsers';
import { PasswordGuesses } from './password-guesses';
import { PasswordUpgrades } from './password-upgrades';

/** A login by password, and the user as it was then. */
export interface PasswordLogin {
  readonly user: User;
  readonly authentication: Authentication;
}

/** Logs end-users in by their password. */
@Injectable()
export class PasswordLogins {
  constructor(
    private readonly clock: Clock,
    private readonly users: UserStore,
    private readonly browsers: KnownBrowsers,
    private readonly guesses: PasswordGuesses,
    private readonly upgrades: PasswordUpgrades,
  ) {}

  /**
   * The login of the user, or undefined: nothing, not even the time, tells an unknown or disabled user from a wrong
   * password. The browser is known for the user from then on. Throws: 429 with `Retry-After` when the user was guessed at
   * too often; PasswordsBusyError.
   */
  async authenticate(reply: FastifyReply, username: string, password: string): Promise<PasswordLogin | undefined> {
    // Before a guess is counted: what is refused for want of a place was none.
    if (passwordsAreBusy()) throw new PasswordsBusyError();
    const user = await this.users.findByUsername(username);
    if (user !== undefined) reply.request.events.concern({ sub: user.id });
    const marker = user === undefined ? undefined : this.browsers.markerOf(reply.request, user);
    await this.guesses.take(username, marker);
    const matches = await passwordMatches(user?.passwordHash, password).catch(async (error: unknown) => {
      await this.guesses.giveBack(username, marker);
      throw error;
    });
    if (user === undefined || !matches || user.disabled === true) return undefined;
    await this.guesses.giveBack(username, marker);
    this.browsers.remember(reply, user);
    this.upgrades.begin(user, password);
    return { user, authentication: { sub: user.id, amr: ['pwd'], authTime: Math.floor(this.clock.now() / 1000) } };
  }

  /**
   * Whether the user may still log in so. To be asked when the session has begun: a user may be disabled, deleted or
   * given another password while a login checks the password, and whoever ends the sessions must find all of them.
   */
  async holds({ user }: PasswordLogin): Promise<boolean> {
    const now = await this.users.find(user.id);
    return now !== undefined && now.disabled !== true && passwordVersionOf(now) === passwordVersionOf(user);
  }
}
