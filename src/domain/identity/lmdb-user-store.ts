import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import { canonicalUsername } from './username';
import { type User, UsernameTakenError, UserStore } from './user-store';

const demo = 'demo';

/** Keeps users in LMDB under their folded usernames, so that none is there twice. */
export class LmdbUserStore extends UserStore {
  private readonly users: LmdbTable<User>;

  /** `hidesDemo`: a user of the development seed is not there, but for {@link hasDemoUsers}. */
  constructor(
    private readonly database: LmdbDatabase,
    private readonly hidesDemo = false,
  ) {
    super();
    this.users = database.table('users', namesOf);
  }

  async find(id: string): Promise<User | undefined> {
    return this.shown(this.users.namedFresh(idName(id))[0]);
  }

  async findByUsername(username: string): Promise<User | undefined> {
    return this.shown(this.users.getFresh(canonicalUsername(username)));
  }

  async save(user: User): Promise<void> {
    await this.database.write(() => this.users.put(canonicalUsername(user.username), user));
  }

  async add(user: User): Promise<boolean> {
    const key = canonicalUsername(user.username);
    return this.database.write(() => {
      if (this.users.has(key)) return false;
      this.users.put(key, user);
      return true;
    });
  }

  async change(id: string, change: (user: User) => User): Promise<User | undefined> {
    return this.database.write(() => {
      const user = this.shown(this.users.named(idName(id))[0]);
      if (user === undefined) return undefined;
      const changed = change(user);
      const [before, after] = [canonicalUsername(user.username), canonicalUsername(changed.username)];
      if (after !== before && this.users.has(after)) throw new UsernameTakenError();
      this.users.put(after, changed);
      if (after !== before) this.users.remove(before);
      return changed;
    });
  }

  async remove(id: string): Promise<void> {
    await this.database.write(() => {
      const [user] = this.users.named(idName(id));
      if (user !== undefined) this.users.remove(canonicalUsername(user.username));
    });
  }

  async page(limit: number, after?: string): Promise<User[]> {
    const users: User[] = [];
    for (let last = after; ;) {
      const batch = this.users.pageFresh(limit, last === undefined ? undefined : canonicalUsername(last));
      users.push(...batch.flatMap((user) => this.shown(user) ?? []));
      if (users.length >= limit || batch.length < limit) return users.slice(0, limit);
      last = batch.at(-1)?.username;
    }
  }

  async hasDemoUsers(): Promise<boolean> {
    return this.users.isIndexedFresh(demo);
  }

  private shown(user: User | undefined): User | undefined {
    return this.hidesDemo && user?.demo === true ? undefined : user;
  }
}

/** What the index finds a user by. */
function namesOf(user: User): string[] {
  return [idName(user.id), ...(user.demo ? [demo] : [])];
}

function idName(id: string): string {
  return `id ${id}`;
}
