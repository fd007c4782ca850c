import type { Clock } from '../../platform/clock';
import { hashPassword } from '../../domain/credentials/password';
import { newId } from '../../domain/credentials/secret';
import type { Events } from '../../domain/events/events';
import { type User, UsernameTakenError, type UserStore } from '../../domain/identity/user-store';
import type { ConsentStore } from '../../protocols/login/consent-store';
import type { Revocation } from '../../protocols/login/revocation';
import { AdminError, found } from './admin-error';
import { FieldError } from '../../platform/fields/field-error';
import { allowedIn, type JsonObject } from '../../platform/fields/fields';
import { type PageAnswer, pageAnswer, type PageAsked } from './page-answer';
import { readUser, type UserAnswer, userAnswer, userFields, userOfValues, type UserValues } from './user-fields';

/** The administration of users. Every method may throw StoreUnavailableError. */
export class AdminUsers {
  constructor(
    private readonly users: UserStore,
    private readonly consents: ConsentStore,
    private readonly revocation: Revocation,
    private readonly clock: Clock,
  ) {}

  async page(asked: PageAsked): Promise<PageAnswer<UserAnswer>> {
    const users = await this.users.page(asked.limit + 1, asked.after);
    return pageAnswer(users, asked, ({ username }) => username, userAnswer);
  }

  /** Throws: {@link AdminError} record_unknown. */
  async find(id: string): Promise<UserAnswer> {
    return userAnswer(found(await this.users.find(id)));
  }

  /** The id of the user with this id or username. Throws: {@link AdminError} record_unknown. */
  async idOf(name: string): Promise<string> {
    return found((await this.users.find(name)) ?? (await this.users.findByUsername(name))).id;
  }

  /** Throws: {@link AdminError}. */
  async add(record: JsonObject, events: Events): Promise<UserAnswer> {
    const values = readUser(record);
    const passwordHash = await hashOf(values);
    if (passwordHash === undefined)
      throw new FieldError('password', `${allowedIn(userFields.password)}, or a password_hash`);
    const user = userOfValues(values, { passwordHash }, { id: newId(), demo: false }, this.clock.now());
    if (!(await this.users.add(user))) throw new AdminError('already_exists');
    events.emit({ type: 'user_added', sub: user.id });
    return userAnswer(user);
  }

  /** A new password, and `disabled`, end the user's sessions and grants. Throws: {@link AdminError}. Source: RFC 7396. */
  async change(id: string, patch: JsonObject, events: Events): Promise<UserAnswer> {
    const before = found(await this.users.find(id));
    const passwordHash = await hashOf(readUser(patch, before));
    const user = await this.stored(id, patch, passwordHash);
    events.emit({ type: 'user_changed', sub: id });
    if (user.endingDue !== undefined) await this.end(user, events);
    return userAnswer(user);
  }

  /** Removes the user with all sessions and grants. Throws: {@link AdminError} record_unknown. */
  async remove(id: string, events: Events): Promise<void> {
    // Disabled first: an interrupted removal leaves a user who cannot log in, and the next one completes it.
    const user = found(await this.users.change(id, (before) => ({ ...before, disabled: true, endingDue: newId() })));
    await this.end(user, events);
    await this.users.remove(id);
    events.emit({ type: 'user_removed', sub: id });
  }

  private async stored(id: string, patch: JsonObject, passwordHash: string | undefined): Promise<User> {
    const changed = (before: User) => {
      const values = readUser(patch, before);
      const password = passwordHash === undefined ? before : { passwordHash };
      const user = userOfValues(values, password, before, this.clock.now());
      return user.disabled === true || passwordHash !== undefined ? { ...user, endingDue: newId() } : user;
    };
    try {
      return found(await this.users.change(id, changed));
    } catch (error) {
      throw error instanceof UsernameTakenError ? new AdminError('already_exists') : error;
    }
  }

  /** After the change has been written, so that a concurrent login is either refused or found here. */
  private async end({ id: sub, disabled, endingDue }: User, events: Events): Promise<void> {
    if (disabled === true) await this.consents.removeAll({ sub });
    await this.revocation.endSubject(sub, { reason: 'administrator', events });
    // Unless another change has come meanwhile, which ends them itself.
    await this.users.change(sub, (user) => (user.endingDue === endingDue ? withoutDue(user) : user));
  }
}

function withoutDue({ endingDue: _done, ...user }: User): User {
  return user;
}

/** The hash of the given password, if any. Throws: PasswordsBusyError. */
async function hashOf({ password, password_hash: passwordHash }: UserValues): Promise<string | undefined> {
  return password === undefined ? passwordHash : hashPassword(password);
}
