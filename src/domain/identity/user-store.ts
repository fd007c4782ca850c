import * as z from 'zod';
import { optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { KeyTakenError, type RecordDatabase, type Records } from '../../platform/storage/records';
import { hashSecret } from '../credentials/secret';
import { canonicalUsername } from './username';

/** An end-user with a password. */
export type User = z.infer<typeof userSchema>;

const userSchema = record({
  /** The subject of the user's tokens: random, so that a later user of the same name has another. */
  id: z.string(),
  /** Unique whatever its case; kept as it was written. */
  username: z.string(),
  /** Argon2id in PHC format, or bcrypt as another server made it. */
  passwordHash: z.string(),
  /** Of a hash that was upgraded: see {@link passwordVersionOf}. */
  passwordVersion: optional(z.string()),
  name: optional(z.string()),
  email: optional(z.string()),
  emailVerified: optional(z.boolean()),
  /** A URL. */
  picture: optional(z.string()),
  /** May not log in; absent: may. */
  disabled: optional(z.boolean()),
  /** When anything of the user was changed last. Milliseconds since the epoch. */
  updatedAt: optional(time),
  /** Names a change that ends what the user has, and absent once that has been done: what was interrupted is found by it. */
  endingDue: optional(z.string()),
  /** Made by the development seed; production refuses a store that holds one. */
  demo: z.boolean(),
});

/**
 * Names the user's password: another one has another name, and the same one keeps it when its hash is upgraded. SHA-256 of
 * the hash that was set, which tells nobody the password: the salt in it is not known any more.
 */
export function passwordVersionOf({ passwordHash, passwordVersion }: User): string {
  return passwordVersion ?? hashSecret(passwordHash);
}

/** The user with another hash of the same password. */
export function withUpgradedHash(user: User, passwordHash: string): User {
  return { ...user, passwordHash, passwordVersion: passwordVersionOf(user) };
}

/** Under their folded usernames, so that none is there twice. */
export const userRecords: RecordType<User> = {
  name: 'users',
  schema: userSchema,
  key: ({ username }) => canonicalUsername(username),
  isKeyChanging: true,
  namesOf: ({ id }) => [idName(id)],
};

/**
 * The end-users who log in by password. A username finds its user whatever its case.
 * Every method rejects with StoreUnavailableError when the database does not answer in time.
 */
export class UserStore {
  private readonly users: Records<User>;

  /** `hidesDemo`: a user of the development seed is not there, but for {@link hasDemoUsers}. */
  constructor(database: RecordDatabase, hidesDemo: boolean) {
    this.users = database.records(userRecords, { hidesDemo });
  }

  async find(id: string): Promise<User | undefined> {
    return this.users.find({ name: idName(id) });
  }

  async findByUsername(username: string): Promise<User | undefined> {
    return this.users.find({ key: canonicalUsername(username) });
  }

  /** Stores the user in place of the one with this username. */
  async save(user: User): Promise<void> {
    await this.users.save(user);
  }

  /** Stores a new user, and returns false when there is one with its username. */
  async add(user: User): Promise<boolean> {
    return this.users.add(user);
  }

  /**
   * Puts what `change` makes of the user in its place, and returns that; undefined when there is none. Nothing that
   * another process changes meanwhile is lost: `change` may be called again. What it throws is thrown, and nothing stored.
   * Throws: {@link UsernameTakenError} when another user has the new username.
   */
  async change(id: string, change: (user: User) => User): Promise<User | undefined> {
    try {
      return await this.users.change({ name: idName(id) }, change);
    } catch (error) {
      throw error instanceof KeyTakenError ? new UsernameTakenError() : error;
    }
  }

  /** Forgets the user, if there is one with this id. */
  async remove(id: string): Promise<void> {
    await this.users.remove({ name: idName(id) });
  }

  /** Up to `limit` users in the order of their usernames, those after `after`, a username. */
  async page(limit: number, after?: string): Promise<User[]> {
    return this.users.page(limit, after === undefined ? undefined : canonicalUsername(after));
  }

  /** True when any user was made by the development seed. */
  async hasDemoUsers(): Promise<boolean> {
    return this.users.hasDemo();
  }
}

function idName(id: string): string {
  return `id ${id}`;
}

export class UsernameTakenError extends Error {
  constructor() {
    super('Another user has this username');
  }
}
