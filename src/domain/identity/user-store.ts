import { hashSecret } from '../credentials/secret';

/** An end-user with a password. */
export interface User {
  /** The subject of the user's tokens: random, so that a later user of the same name has another. */
  readonly id: string;
  /** Unique whatever its case; kept as it was written. */
  readonly username: string;
  /** Argon2id in PHC format, or bcrypt as another server made it. */
  readonly passwordHash: string;
  /** Of a hash that was upgraded: see {@link passwordVersionOf}. */
  readonly passwordVersion?: string;
  readonly name?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  /** A URL. */
  readonly picture?: string;
  /** May not log in; absent: may. */
  readonly disabled?: boolean;
  /** When anything of the user was changed last. Milliseconds since the epoch. */
  readonly updatedAt?: number;
  /** Names a change that ends what the user has, and absent once that has been done: what was interrupted is found by it. */
  readonly endingDue?: string;
  /** Made by the development seed; production refuses a store that holds one. */
  readonly demo: boolean;
}

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

/**
 * The end-users who log in by password. A username finds its user whatever its case.
 * Every method rejects with StoreUnavailableError when the database does not answer in time.
 */
export abstract class UserStore {
  abstract find(id: string): Promise<User | undefined>;

  abstract findByUsername(username: string): Promise<User | undefined>;

  /** Stores the user in place of the one with this username. */
  abstract save(user: User): Promise<void>;

  /** Stores a new user, and returns false when there is one with its username. */
  abstract add(user: User): Promise<boolean>;

  /**
   * Puts what `change` makes of the user in its place, and returns that; undefined when there is none. Nothing that
   * another process changes meanwhile is lost: `change` may be called again. What it throws is thrown, and nothing stored.
   * Throws: {@link UsernameTakenError} when another user has the new username.
   */
  abstract change(id: string, change: (user: User) => User): Promise<User | undefined>;

  /** Forgets the user, if there is one with this id. */
  abstract remove(id: string): Promise<void>;

  /** Up to `limit` users in the order of their usernames, those after `after`, a username. */
  abstract page(limit: number, after?: string): Promise<User[]>;

  /** True when any user was made by the development seed. */
  abstract hasDemoUsers(): Promise<boolean>;
}

export class UsernameTakenError extends Error {
  constructor() {
    super('Another user has this username');
  }
}
