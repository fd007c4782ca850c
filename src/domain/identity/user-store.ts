import * as z from 'zod';
import { hash, list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { KeyTakenError, type RecordDatabase, type Records } from '../../platform/storage/records';
import { hashSecret } from '../credentials/secret';
import { accountId } from './account-id';
import { operatorRoles } from './operator-role';
import { canonicalUsername } from './username';

/** A passkey of a user. Source: WebAuthn Level 3 §4, credential record. */
export type Passkey = z.infer<typeof passkeySchema>;

const passkeySchema = record({
  /** Ours, random: what the account page calls it by. */
  id: z.string(),
  /** The credential id, base64url; at most 1,023 bytes. */
  credentialId: z.string(),
  /** COSE key, base64url. Source: RFC 9052 §7. */
  publicKey: z.string(),
  counter: z.number(),
  /** `AuthenticatorTransport`s, as the browser named them. */
  transports: optional(list(z.string())),
  /** 1 to 64 characters, by the end-user. */
  name: z.string(),
  /** Whether it is synced (backup state). */
  synced: z.boolean(),
  createdAt: time,
  lastUsedAt: optional(time),
  /** True: a counter went back, so it may be a copy; refused until its owner trusts it again. */
  suspected: optional(z.boolean()),
  /** True: its owner trusts it again; the next counter is taken, whatever it is. */
  trusted: optional(z.boolean()),
});

/** A wallet that signs in its user. */
export type LinkedWallet = z.infer<typeof linkedWalletSchema>;

const linkedWalletSchema = record({
  /** In EIP-55. */
  address: z.string(),
  /** The chain that it was linked on. */
  chainId: z.number(),
  /** True: a contract account, which is linked on that chain alone; absent: an EOA, on every chain. */
  contract: optional(z.boolean()),
  createdAt: time,
});

export const linkPurposes = ['invitation', 'recovery', 'email'] as const;

/** What a link of `/link` is for. */
export type LinkPurpose = (typeof linkPurposes)[number];

/** The link of one purpose, at most one a user: a challenge that lives in the record that its use changes. */
export type UserLink = z.infer<typeof userLinkSchema>;

const userLinkSchema = record({
  purpose: z.enum(linkPurposes),
  /** SHA-256 of its secret, base64url. */
  secretHash: hash,
  /** SHA-256 of a second secret, base64url: the one in the latest mail about this link. */
  mailedHash: optional(hash),
  expiresAt: time,
  /** Present: it was used, and is kept until it would have expired so that its owner gets "used" and not "unknown". */
  usedAt: optional(time),
  /** Of `email`: the address that it verifies. */
  email: optional(z.string()),
});

/** An end-user: one record with all of their credentials, so that each change of them is one conditional write. */
export type User = z.infer<typeof userSchema>;

const userSchema = record({
  /** The subject of the user's tokens: random, so that a later user of the same name has another one. */
  id: z.string(),
  /** Unique ignoring case; stored as written. */
  username: z.string(),
  /** Argon2id in PHC format, or bcrypt imported from another server; absent: no password. */
  passwordHash: optional(z.string()),
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
  /** The `user.id` of the user's passkeys, base64url: random and stable, never the subject. Source: WebAuthn Level 3 §5.4.3. */
  userHandle: optional(z.string()),
  /** At most {@link passkeysAtMost}. */
  passkeys: optional(list(passkeySchema)),
  wallets: optional(list(linkedWalletSchema)),
  /** SHA-256 of each unused recovery code, base64url. */
  recoveryCodes: optional(list(hash)),
  links: optional(list(userLinkSchema)),
  /** Signed up with an email address that must be verified first: until then the account cannot sign in and is removed. */
  unverifiedUntil: optional(time),
  /** Present: may work in the console of the administration, signed in by a passkey. */
  operatorRole: optional(z.enum(operatorRoles)),
  /** Named by a file of `tessera apply`, which never removes users. */
  managed: optional(z.boolean()),
});

/** False for a disabled user, and for one whose email address must be verified first. */
export function maySignIn({ disabled, unverifiedUntil }: Pick<User, 'disabled' | 'unverifiedUntil'>): boolean {
  return disabled !== true && unverifiedUntil === undefined;
}

export const passkeysAtMost = 20;
export const walletsAtMost = 20;

/**
 * Identifies the user's password: it changes with the password, but not when its hash is upgraded. SHA-256 of the hash that was
 * set, which reveals no password: the salt in it is not stored any more.
 */
export function passwordVersionOf({ passwordHash, passwordVersion }: User): string {
  return passwordVersion ?? hashSecret(passwordHash ?? '');
}

/** The user with a new hash of the same password. */
export function withUpgradedHash(user: User, passwordHash: string): User {
  return { ...user, passwordHash, passwordVersion: passwordVersionOf(user) };
}

const unverifiedName = 'unverified';
const operatorName = 'operator';

/** Keyed by canonical username, so that none is stored twice. */
export const userRecords: RecordType<User> = {
  name: 'users',
  schema: userSchema,
  key: ({ username }) => canonicalUsername(username),
  isKeyChanging: true,
  namesOf: ({ id, email, passkeys = [], wallets = [], links = [], unverifiedUntil, operatorRole }) => [
    idName(id),
    ...(unverifiedUntil === undefined ? [] : [unverifiedName]),
    ...(operatorRole === undefined ? [] : [operatorName]),
    ...(email === undefined ? [] : [emailName(email)]),
    ...passkeys.map(({ credentialId }) => passkeyName(credentialId)),
    ...wallets.map(walletName),
    ...links
      .flatMap(({ secretHash, mailedHash }) => [secretHash, ...(mailedHash === undefined ? [] : [mailedHash])])
      .map(linkName),
  ],
};

/** Finds an end-user by what they have. */
export type UserKey =
  | { readonly passkey: string }
  | { readonly wallet: Pick<LinkedWallet, 'address' | 'chainId' | 'contract'> }
  | { readonly linkHash: string }
  | { readonly email: string };

/**
 * The end-users with accounts here. Usernames match ignoring case. Every method rejects with StoreUnavailableError when the
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

  /** The users who have it: a credential has one owner, an email address may have several. At most `limit`. */
  async findBy(key: UserKey, limit = 2): Promise<User[]> {
    return this.users.listNamed(nameOfKey(key), limit);
  }

  /** The one user who has the credential; undefined when two have, which {@link findBy} shows. */
  async findOwner(key: UserKey): Promise<User | undefined> {
    const [owner, ...others] = await this.findBy(key);
    return others.length === 0 ? owner : undefined;
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
   * `change` may be called again. When it throws or returns undefined, nothing is stored. Throws: {@link UsernameTakenError}.
   */
  async change(id: string, change: (user: User) => User | undefined): Promise<User | undefined> {
    try {
      return await this.users.change({ name: idName(id) }, change);
    } catch (error) {
      throw error instanceof KeyTakenError ? new UsernameTakenError() : error;
    }
  }

  /**
   * Forgets that the user's ending is due, unless another change has come meanwhile, which ends everything itself. Returns the
   * user as stored; undefined when there is none.
   */
  async endingDone({ id, endingDue }: User): Promise<User | undefined> {
    return this.change(id, (user) => {
      const { endingDue: due, ...done } = user;
      return due === endingDue ? done : user;
    });
  }

  /** Removes the user if it exists. */
  async remove(id: string): Promise<void> {
    await this.users.remove({ name: idName(id) });
  }

  /** Up to `limit` users, ordered by username, after the username `after`. */
  async page(limit: number, after?: string): Promise<User[]> {
    return this.users.page(limit, after === undefined ? undefined : canonicalUsername(after));
  }

  /** As {@link page}, but only those whose email address must be verified first. */
  async listUnverified(limit: number, after?: string): Promise<User[]> {
    return this.users.listNamed(unverifiedName, limit, after === undefined ? undefined : canonicalUsername(after));
  }

  /** True when any user has a role in the administration. */
  async hasOperators(): Promise<boolean> {
    return this.users.has(operatorName);
  }

  /** True when any user was made by the development seed. */
  async hasDemoUsers(): Promise<boolean> {
    return this.users.hasDemo();
  }
}

function idName(id: string): string {
  return `id ${id}`;
}

/** Shortened to a hash: a credential id has up to 1,023 bytes, an index entry fewer. */
function passkeyName(credentialId: string): string {
  return `passkey ${hashSecret(credentialId)}`;
}

/** An EOA is the same on every chain; at the address of a contract account another chain may have somebody else. */
function walletName({ address, chainId, contract }: Pick<LinkedWallet, 'address' | 'chainId' | 'contract'>): string {
  return `wallet ${contract === true ? accountId(chainId, address) : address}`;
}

/** The CAIP-10 id of a linked wallet; of an EOA, which is the same on every chain, that of chain 1. */
export function walletId(wallet: Pick<LinkedWallet, 'address' | 'chainId' | 'contract'>): string {
  return accountId(wallet.contract === true ? wallet.chainId : 1, wallet.address);
}

/** Hashed, so that no index has a readable address; mail providers ignore case. */
function emailName(email: string): string {
  return `email ${hashSecret(email.toLowerCase())}`;
}

function linkName(secretHash: string): string {
  return `link ${secretHash}`;
}

function nameOfKey(key: UserKey): string {
  if ('passkey' in key) return passkeyName(key.passkey);
  if ('wallet' in key) return walletName(key.wallet);
  return 'linkHash' in key ? linkName(key.linkHash) : emailName(key.email);
}

export class UsernameTakenError extends Error {
  constructor() {
    super('Another user has this username');
  }
}
