import { Injectable } from '@nestjs/common';
import type { Authentication } from '../identity/authentication';
import { Clock } from '../clock';
import { passwordMatches } from '../credentials/password';
import { UserStore } from '../identity/user-store';

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
  async authenticate(username: string, password: string): Promise<Authentication | undefined> {
    const user = await this.users.findByUsername(username);
    const matches = await passwordMatches(user?.passwordHash, password);
    if (user === undefined || !matches || user.disabled === true) return undefined;
    return { sub: user.id, amr: ['pwd'], authTime: Math.floor(this.clock.now() / 1000) };
  }
}
