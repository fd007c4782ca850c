import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { hashPassword } from '../../domain/credentials/password';
import { isWeakerThanOwn } from '../../domain/credentials/password-hash';
import { type User, UserStore, withUpgradedHash } from '../../domain/identity/user-store';

/** Replaces imported password hashes when a login reveals the password. */
@Injectable()
export class PasswordUpgrades implements BeforeApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>();
  private isEnding = false;

  constructor(private readonly users: UserStore) {}

  /**
   * Begins to replace a weaker hash by Argon2id at our cost. The login neither waits for it nor fails with it: when the queue
   * is full or the database unavailable, the next login does it.
   */
  begin(user: User, password: string): void {
    if (this.isEnding || user.passwordHash === undefined || !isWeakerThanOwn(user.passwordHash)) return;
    const upgrade: Promise<void> = this.upgrade(user, password)
      .catch(() => {})
      .finally(() => this.underWay.delete(upgrade));
    this.underWay.add(upgrade);
  }

  /** Before the store closes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.underWay);
  }

  /** Replaces only the hash that the password was compared with: the password may have changed since. */
  private async upgrade({ id, passwordHash }: User, password: string): Promise<void> {
    const upgraded = await hashPassword(password);
    await this.users.change(id, (user) =>
      user.passwordHash === passwordHash ? withUpgradedHash(user, upgraded) : user,
    );
  }
}
