import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Authentication } from '../identity/authentication';
import { Clock } from '../clock';
import { passwordMatches } from '../credentials/password';
import { type User, UserStore } from '../identity/user-store';

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
  ) {}

  /**
   * The login of the user, or undefined: nothing, not even the time, tells an unknown or disabled user from a wrong
   * password.
   */
  async authenticate(username: string, password: string): Promise<PasswordLogin | undefined> {
    const user = await this.users.findByUsername(username);
    const matches = await passwordMatches(user?.passwordHash, password);
    if (user === undefined || !matches || user.disabled === true) return undefined;
    return { user, authentication: { sub: user.id, amr: ['pwd'], authTime: Math.floor(this.clock.now() / 1000) } };
  }

  /**
   * Whether the user is what the login has found. To be asked when the session has begun: a user may be disabled, deleted or
   * given another password while a login checks the password, and whoever ends the sessions must find all of them.
   */
  async holds({ user }: PasswordLogin): Promise<boolean> {
    return isDeepStrictEqual(await this.users.findByUsername(user.username), user);
  }
}
