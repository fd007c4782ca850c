import { Injectable } from '@nestjs/common';
import { addressOf } from './account-id';
import { UserStore } from './user-store';

/** What end-users are called on the pages that they see. */
@Injectable()
export class AccountNames {
  constructor(private readonly users: UserStore) {}

  /** The address of an account, or the username of a user; of one who is gone the subject. */
  async of(sub: string): Promise<string> {
    return addressOf(sub) ?? (await this.users.find(sub))?.username ?? sub;
  }
}
