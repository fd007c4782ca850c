import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authentication } from '../../domain/identity/authentication';
import { Clock } from '../../platform/clock';
import { passwordMatches, passwordsAreBusy } from '../../domain/credentials/password';
import { PasswordsBusyError } from '../../domain/credentials/password-pool';
import { maySignIn, passwordVersionOf, type User, UserStore } from '../../domain/identity/user-store';
import { KnownBrowsers } from './known-browsers';
import { PasswordGuesses } from './password-guesses';
import { PasswordUpgrades } from './password-upgrades';

/** A login by password, with the user record at that time. */
export interface PasswordLogin {
  readonly user: User;
  readonly authentication: Authentication;
}

/** Logs end-users in by password. */
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
   * The user's login, or undefined: nothing, not even the time, distinguishes an unknown or disabled user from a wrong
   * password. Marks the browser as known for the user. Throws: 429 with `Retry-After` after too many guesses;
   * PasswordsBusyError.
   */
  async authenticate(reply: FastifyReply, username: string, password: string): Promise<PasswordLogin | undefined> {
    // Before the guess is counted: a password refused for a full queue is not a guess.
    if (passwordsAreBusy()) throw new PasswordsBusyError();
    const user = await this.users.findByUsername(username);
    if (user !== undefined) reply.request.events.concern({ sub: user.id });
    const isRight = await this.guess(reply.request, username, user, password);
    if (user === undefined || !isRight) return undefined;
    this.browsers.remember(reply, user);
    this.upgrades.begin(user, password);
    return { user, authentication: { sub: user.id, amr: ['pwd'], authTime: Math.floor(this.clock.now() / 1000) } };
  }

  /**
   * Whether this is the password of the user, who is not disabled; a wrong one counts as a guess at a login. Throws: as
   * {@link authenticate}.
   */
  async isPasswordOf(user: User, password: string, request: FastifyRequest): Promise<boolean> {
    if (passwordsAreBusy()) throw new PasswordsBusyError();
    return this.guess(request, user.username, user, password);
  }

  /**
   * Whether the login is still valid. Ask after the session has begun: the user may have been disabled, deleted or given
   * another password meanwhile, and whoever ends the sessions must find all of them.
   */
  async isStillValid({ user }: Pick<PasswordLogin, 'user'>): Promise<boolean> {
    const now = await this.users.find(user.id);
    return now !== undefined && maySignIn(now) && passwordVersionOf(now) === passwordVersionOf(user);
  }

  private async guess(
    request: FastifyRequest,
    username: string,
    user: User | undefined,
    password: string,
  ): Promise<boolean> {
    const marker = user === undefined ? undefined : this.browsers.markerOf(request, user);
    await this.guesses.take(username, marker);
    const matches = await passwordMatches(user?.passwordHash, password).catch(async (error: unknown) => {
      await this.guesses.giveBack(username, marker);
      throw error;
    });
    if (!matches || user === undefined || !maySignIn(user)) return false;
    await this.guesses.giveBack(username, marker);
    return true;
  }
}
