import type { Clock } from '../../platform/clock';
import { hashPassword } from '../../domain/credentials/password';
import { newId } from '../../domain/credentials/secret';
import type { Events } from '../../domain/events/events';
import { passwordVersionOf, type User, UsernameTakenError, type UserStore } from '../../domain/identity/user-store';
import type { ConsentStore } from '../../protocols/login/consent-store';
import type { Revocation } from '../../protocols/login/revocation';
import { AdminError, found } from './admin-error';
import { changedNames, type ChangeOptions } from './change-options';
import { assertMatch, type IfMatch, tagged } from './etag';
import { defined, type JsonObject, namesIn } from '../../platform/fields/fields';
import { type PageAnswer, pageAnswer, type PageAsked } from './page-answer';
import { allowedPatch } from './user-rights';
import { readUser, type UserAnswer, userAnswer, userOfValues, type UserValues } from './user-fields';

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
    return taggedAnswer(found(await this.users.find(id)));
  }

  /** The id of the user with this id or username. Throws: {@link AdminError} record_unknown. */
  async idOf(name: string): Promise<string> {
    return found((await this.users.find(name)) ?? (await this.users.findByUsername(name))).id;
  }

  /** Without a password, the user can do nothing before a link was used. Throws: {@link AdminError}. */
  async add(record: JsonObject, events: Events, managed = false): Promise<UserAnswer> {
    const values = readUser(record);
    const passwordHash = await hashOf(values);
    const made = { id: newId(), demo: false, ...(managed && { managed }) };
    const user = userOfValues(values, defined({ passwordHash }), made, this.clock.now());
    await this.assertFree(user);
    await events.announce({ type: 'user_added', sub: user.id, changed: namesIn(record) });
    if (!(await this.users.add(user))) throw new AdminError('already_exists');
    return taggedAnswer(user);
  }

  /** A new password, and `disabled`, end the user's sessions and grants. Throws: {@link AdminError}. Source: RFC 7396. */
  async change(id: string, patch: JsonObject, events: Events, options: ChangeOptions): Promise<UserAnswer> {
    const before = found(await this.users.find(id));
    const { by, ifMatch, managed = false } = options;
    const values = readUser(allowedPatch(by, before, patch), before);
    await this.assertFree({ id, username: values.username ?? '' });
    assertMatch(ifMatch, contentOf(before));
    const passwordHash = await hashOf(values);
    await events.announce({ type: 'user_changed', sub: id, changed: changedNames(patch, managed, before) });
    const user = await this.stored(id, patch, passwordHash, options);
    if (user.endingDue !== undefined) await this.end(user, events);
    return taggedAnswer(user);
  }

  /** Removes the user with all sessions and grants. Throws: {@link AdminError}. */
  async remove(id: string, events: Events, ifMatch?: IfMatch): Promise<void> {
    assertMatch(ifMatch, contentOf(found(await this.users.find(id))));
    await events.announce({ type: 'user_removed', sub: id });
    // Disabled first: an interrupted removal leaves a user who cannot log in, and the next one completes it.
    const disabled = await this.users.change(id, (before) => {
      assertMatch(ifMatch, contentOf(before));
      return { ...before, disabled: true, endingDue: newId() };
    });
    const user = found(disabled);
    await this.end(user, events);
    await this.users.remove(id);
  }

  /** Throws: {@link AdminError} already_exists when another user has the name. */
  private async assertFree({ id, username }: Pick<User, 'id' | 'username'>): Promise<void> {
    const owner = await this.users.findByUsername(username);
    if (owner !== undefined && owner.id !== id) throw new AdminError('already_exists');
  }

  private async stored(
    id: string,
    patch: JsonObject,
    passwordHash: string | undefined,
    { by, ifMatch, managed = false }: ChangeOptions,
  ): Promise<User> {
    const changed = (before: User) => {
      const values = readUser(allowedPatch(by, before, patch), before);
      assertMatch(ifMatch, contentOf(before));
      const password = passwordHash === undefined ? before : { passwordHash };
      const kept = managed ? { ...before, managed } : before;
      const user = userOfValues(values, password, kept, this.clock.now());
      return user.disabled === true || passwordHash !== undefined ? { ...user, endingDue: newId() } : user;
    };
    try {
      return found(await this.users.change(id, changed));
    } catch (error) {
      throw error instanceof UsernameTakenError ? new AdminError('already_exists') : error;
    }
  }

  /** After the change has been written, so that a concurrent login is either refused or found here. */
  private async end(user: User, events: Events): Promise<void> {
    const { id: sub, disabled } = user;
    if (disabled === true) await this.consents.removeAll({ sub });
    await this.revocation.endSubject(sub, { reason: 'administrator', events });
    await this.users.endingDone(user);
  }
}

function taggedAnswer(user: User): UserAnswer {
  return tagged(userAnswer(user), contentOf(user));
}

/** The version of the password instead of its hash: an upgrade of that is a use, and the salt of the first one is secret. */
function contentOf(user: User): JsonObject {
  return { ...userAnswer(user), updatedAt: user.updatedAt, password: passwordVersionOf(user) };
}

/** The hash of the given password, if any. Throws: PasswordsBusyError. */
async function hashOf({ password, password_hash: passwordHash }: UserValues): Promise<string | undefined> {
  return password === undefined ? passwordHash : hashPassword(password);
}
