import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type User, UserStore } from './user-store';

const demo = 'demo';

export class LmdbUserStore extends UserStore {
  private readonly users: LmdbTable<User>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.users = database.table('users', namesOf);
  }

  async findByUsername(username: string): Promise<User | undefined> {
    return this.users.getFresh(username);
  }

  async save(user: User): Promise<void> {
    await this.database.write(() => this.users.put(user.username, user));
  }

  async hasDemoUsers(): Promise<boolean> {
    await this.database.completeIndex(this.users);
    return this.users.isIndexedFresh(demo);
  }
}

/** What the index finds a user by. */
function namesOf(user: User): string[] {
  return user.demo ? [demo] : [];
}
