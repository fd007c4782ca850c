/** An end-user with a password. */
export interface User {
  /** The subject of the user's tokens. */
  readonly id: string;
  readonly username: string;
  /** Argon2id in PHC format. */
  readonly passwordHash: string;
  /** Made by the development seed; production refuses a store that holds one. */
  readonly demo: boolean;
}

/** The end-users who log in by password. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class UserStore {
  abstract findByUsername(username: string): Promise<User | undefined>;

  /** Stores the user in place of the one with this username. */
  abstract save(user: User): Promise<void>;

  /** True when any user was made by the development seed. */
  abstract hasDemoUsers(): Promise<boolean>;
}
