import * as z from 'zod';
import { optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { KeyTakenError, type RecordDatabase, type Records } from '../../platform/storage/records';
import { hashSecret } from '../credentials/secret';
import { canonicalUsername } from './username';

/** An end-user with a password. */
export type User = z.infer<typeof userSchema>;

const userSchema = record({
  /** The subject of the user's tokens: random, so that a later user of the same name has another one. */
  id: z.string(),
  /** Unique ignoring case; stored as written. */
  username: z.string(),
  /** Argon2id in PHC format, or bcrypt imported from another server. */
  passwordHash: z.string(),
  /** Present after a hash upgrade: see {@link passwordVersionOf}. */
  passwordVersion: optional(z.string()),
  name: optional(z.string()),
  email: optional(z.string()),
  emailVerified: optional(z.boolean()),
  /** A URL. */
  picture: optional(z.string()),
  /** True: may not log in. */
  disabled: optional(z.boolean()),
  /** When the user was last changed. Milliseconds since the epoch. */
  updatedAt: optional(time),
  /**
   * Names a change that must end the user's sessions and grants; removed when done, so that an interrupted one is found and
   * finished.
   */
  endingDue: optional(z.string()),
  /** Made by the development seed; production refuses a store that holds one. */
  demo: z.boolean(),
});

/**
 * Identifies the user's password: it changes with the password, but not when its hash is upgraded. SHA-256 of the hash that was
 * set, which reveals no password: the salt in it is not stored any more.
 */
export function passwordVersionOf({ passwordHash, passwordVersion }: User): string {
  return passwordVersion ?? hashSecret(passwordHash);
}

/** The user with a new hash of the same password. */
export function withUpgradedHash(user: User, passwordHash: string): User {
  return { ...user, passwordHash, passwordVersion: passwordVersionOf(user) };
}

/** Keyed by canonical username, so that none is stored twice. */
export const userRecords: RecordType<User> = {
  name: 'users',
  schema: userSchema,
  key: ({ username }) => canonicalUsername(username),
  isKeyChanging: true,
  namesOf: ({ id }) => [idName(id)],
};

/**
 * The end-users who log in by password. Usernames match ignoring case. Every method rejects with StoreUnavailableError when the
 * database does not answer in time.
 */
export class UserStore {
  private readonly users: Records<User>;

  /** `hidesDemo`: hides users of the development seed from everything but {@link hasDemoUsers}. */
  constructor(database: RecordDatabase, hidesDemo: boolean) {
    this.users = database.records(userRecords, { hidesDemo });
  }

  async find(id: string): Promise<User | undefined> {
    return this.users.find({ name: idName(id) });
  }

  async findByUsername(username: string): Promise<User | undefined> {
    return this.users.find({ key: canonicalUsername(username) });
  }

  /** Stores the user, replacing one with the same username. */
  async save(user: User): Promise<void> {
    await this.users.save(user);
  }

  /** Stores a new user; false when its username is taken. */
  async add(user: User): Promise<boolean> {
    return this.users.add(user);
  }

  /**
   * Replaces the user by what `change` returns, and returns that; undefined when there is none. No concurrent change is lost:
   * `change` may be called again. When it throws, nothing is stored. Throws: {@link UsernameTakenError}.
   */
  async change(id: string, change: (user: User) => User): Promise<User | undefined> {
    try {
      return await this.users.change({ name: idName(id) }, change);
    } catch (error) {
      throw error instanceof KeyTakenError ? new UsernameTakenError() : error;
    }
  }

  /** Removes the user if it exists. */
  async remove(id: string): Promise<void> {
    await this.users.remove({ name: idName(id) });
  }

  /** Up to `limit` users, ordered by username, after the username `after`. */
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
