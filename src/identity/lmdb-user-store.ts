import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type User, UserStore } from './user-store';

export class LmdbUserStore extends UserStore {
  private readonly users: LmdbTable<User>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.users = database.table('users');
  }

  async findByUsername(username: string): Promise<User | undefined> {
    return this.users.getFresh(username);
  }

  async save(user: User): Promise<void> {
    await this.database.write(() => this.users.put(user.username, user));
  }

  async hasDemoUsers(): Promise<boolean> {
    return this.users.valuesFresh().some((user) => user.demo);
  }
}
