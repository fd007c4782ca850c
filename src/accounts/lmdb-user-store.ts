import type { LmdbDatabase, LmdbTable } from '../storage/lmdb-database';
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
    for (const user of this.users.values()) if (user.demo) return true;
    return false;
  }
}
