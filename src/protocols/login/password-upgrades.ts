import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { hashPassword } from '../../domain/credentials/password';
import { isWeakerThanOwn } from '../../domain/credentials/password-hash';
import { type User, UserStore, withUpgradedHash } from '../../domain/identity/user-store';

/** Replaces hashes that came from elsewhere, when a login shows the password that they are of. */
@Injectable()
export class PasswordUpgrades implements BeforeApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>();
  private isEnding = false;

  constructor(private readonly users: UserStore) {}

  /**
   * Begins to replace the user's hash by Argon2id of our cost, if it is weaker. The login neither waits for it nor fails
   * with it: without a free place among the passwords, or without the database, the next login does it.
   */
  begin(user: User, password: string): void {
    if (this.isEnding || !isWeakerThanOwn(user.passwordHash)) return;
    const upgrade: Promise<void> = this.upgrade(user, password)
      .catch(() => {})
      .finally(() => this.underWay.delete(upgrade));
    this.underWay.add(upgrade);
  }

  /** Before the store is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.underWay);
  }

  /** Only in place of the very hash that the password was compared with: another one has been set since. */
  private async upgrade({ id, passwordHash }: User, password: string): Promise<void> {
    const upgraded = await hashPassword(password);
    await this.users.change(id, (user) =>
      user.passwordHash === passwordHash ? withUpgradedHash(user, upgraded) : user,
    );
  }
}
