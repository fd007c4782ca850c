import { Injectable } from '@nestjs/common';
import { addressOf } from './account-id';
import { UserStore } from './user-store';

/** How pages name an end-user. */
@Injectable()
export class AccountNames {
  constructor(private readonly users: UserStore) {}

  /** The address of an account or the username of a user; the subject itself when the user is gone. */
  async of(sub: string): Promise<string> {
    return addressOf(sub) ?? (await this.users.find(sub))?.username ?? sub;
  }
}
