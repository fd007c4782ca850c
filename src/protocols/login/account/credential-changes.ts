import { Injectable } from '@nestjs/common';
import type { PersonEventType } from '../../../domain/events/event';
import type { Events } from '../../../domain/events/events';
import { type User, type UserKey, UserStore } from '../../../domain/identity/user-store';
import { Outbox } from '../../../domain/mail/outbox';
import { AccountError, type AccountErrorReason } from './account-error';

/** A credential for one user, and how it is stored. */
interface GivenCredential {
  readonly key: UserKey;
  readonly type: PersonEventType;
  /** The error for a credential of somebody else. */
  readonly taken: AccountErrorReason;
  /** May be called again, and may throw to refuse. */
  readonly add: (user: User) => User;
  readonly takeBack: (user: User) => User;
}

/** Changes what a person signs in with. */
@Injectable()
export class CredentialChanges {
  constructor(
    private readonly users: UserStore,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Replaces the user by what `change` returns, which may be called again and may throw to refuse; reports `type`. Throws:
   * {@link AccountError} last_credential when nothing that can sign in would be left, access_denied when the user is gone.
   */
  async change(sub: string, type: PersonEventType, events: Events, change: (user: User) => User): Promise<User> {
    const user = await this.users.change(sub, (before) => {
      const after = change(before);
      assertCanSignIn(before, after);
      return after;
    });
    if (user === undefined) throw new AccountError('access_denied');
    this.announce(user, type, events);
    return user;
  }

  /**
   * Gives the user a credential that nobody else has, which no database ensures: another owner is looked for before it is
   * stored, and again afterwards, and of two who got it at once none keeps it. False when the user has it already. Throws:
   * {@link AccountError}, `taken` for one of somebody else, and as {@link change}.
   */
  async give(sub: string, events: Events, { key, type, taken, add, takeBack }: GivenCredential): Promise<boolean> {
    const owners = await this.users.findBy(key);
    if (owners.some(({ id }) => id !== sub)) throw new AccountError(taken);
    if (owners.length > 0) return false;
    const user = await this.users.change(sub, add);
    if (user === undefined) throw new AccountError('access_denied');
    if ((await this.users.findBy(key)).some(({ id }) => id !== sub)) {
      await this.users.change(sub, takeBack);
      throw new AccountError(taken);
    }
    this.announce(user, type, events);
    return true;
  }

  /** Reports what has happened to the user's credentials, and tells the user by mail: the one place. */
  announce(user: User, type: PersonEventType, events: Events): void {
    events.emit({ type, sub: user.id });
    this.outbox.tell(user, type);
  }
}

/** Throws: {@link AccountError} last_credential when a credential is removed and none that can sign in stays. */
function assertCanSignIn(before: User, after: User): void {
  const isRemoval = countOf(after) < countOf(before);
  if (isRemoval && countOf(signingIn(after)) === 0) throw new AccountError('last_credential');
}

/** Recovery codes do not count: each signs in once. */
function countOf({ passwordHash, passkeys = [], wallets = [] }: Credentials): number {
  return (passwordHash === undefined ? 0 : 1) + passkeys.length + wallets.length;
}

type Credentials = Pick<User, 'passwordHash' | 'passkeys' | 'wallets'>;

/** Without passkeys that are refused because they may be copies. */
function signingIn({ passkeys = [], ...others }: User): Credentials {
  return { ...others, passkeys: passkeys.filter(({ suspected }) => suspected !== true) };
}
