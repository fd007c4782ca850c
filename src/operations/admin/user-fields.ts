import * as z from 'zod';
import { isPasswordHash } from '../../domain/credentials/password-hash';
import { isPassword, longestPassword, shortestPassword } from '../../domain/credentials/password-rule';
import { isEmailAddress } from '../../domain/identity/email-address';
import { operatorRoles } from '../../domain/identity/operator-role';
import type { User } from '../../domain/identity/user-store';
import { isUsername, longestUsername } from '../../domain/identity/username';
import { managedField } from './admin.openapi';
import { FieldError } from '../../platform/fields/field-error';
import {
  allowedIn,
  defined,
  type Fields,
  type JsonObject,
  patched,
  readFields,
  type ValuesOf,
} from '../../platform/fields/fields';
import { choiceField, flagField, isWebUrl, longestUri, ruledField, textField } from '../../platform/fields/field-kinds';

/** The fields of a user. Source: docs/http-api.md, section Administration. */
export const userFields = {
  username: ruledField(
    isUsername,
    `1 to ${longestUsername} visible characters, not blank at the ends`,
    'unique whatever its case',
  ),
  password: ruledField(
    isPassword,
    `${shortestPassword} to ${longestPassword} characters`,
    'a new one ends the sessions and grants',
  ),
  password_hash: ruledField(
    isPasswordHash,
    'Argon2id in PHC format, with m <= 262144 (256 MiB), t <= 10 and p <= 8, or bcrypt ($2a$, $2b$, $2y$) of cost 4 to 14',
    'in place of password; Argon2id or bcrypt, which the next login upgrades',
  ),
  name: textField(200, 'the full name'),
  email: ruledField(isEmailAddress, 'an email address of at most 254 characters', 'the email address'),
  email_verified: flagField('whether the address is known to be the user’s'),
  picture: ruledField(isWebUrl, `an https URL of at most ${longestUri} characters (http on loopback)`, 'a portrait'),
  disabled: flagField('may not log in; ends what the user has'),
  operator_role: choiceField(operatorRoles, 'may work in the console, signed in by a passkey'),
} satisfies Fields;

export type UserValues = ValuesOf<typeof userFields>;

/** A user as the API returns it: never a password or its hash. */
export type UserAnswer = Omit<UserValues, 'password' | 'password_hash'> & Readonly<z.infer<typeof userIdentity>>;

export const userIdentity = z.object({
  id: z.string(),
  sub: z.string().describe('The subject of the user’s tokens: the id.'),
  updated_at: z.int().optional().describe('Seconds since the epoch.'),
  managed: managedField,
});

/** Parses the fields of a new user, or of a change to `before`. Throws: {@link FieldError}. */
export function readUser(sent: JsonObject, before?: User): UserValues {
  const values = readFields(userFields, before === undefined ? patched(userFields, {}, sent) : changed(before, sent));
  if (values.username === undefined) throw new FieldError('username', allowedIn(userFields.username));
  if (values.password !== undefined && values.password_hash !== undefined) {
    throw new FieldError('password_hash', 'either password or password_hash');
  }
  return values;
}

function changed(before: User, sent: JsonObject): JsonObject {
  const { id, sub, updated_at, managed } = userAnswer(before);
  return patched(userFields, valuesOfUser(before), sent, { id, sub, updated_at, managed });
}

/** The user with these values and this password; fields of `before` that are not among them stay. */
export function userOfValues(
  values: UserValues,
  { passwordHash, passwordVersion }: Pick<User, 'passwordHash' | 'passwordVersion'>,
  before: Partial<User> & Pick<User, 'id' | 'demo'>,
  now: number,
): User {
  const { username = '', name, email, email_verified: emailVerified, picture, disabled, operator_role } = values;
  const { name: _name, email: _email, emailVerified: _emailVerified, picture: _picture, ...kept } = before;
  const { disabled: _disabled, passwordHash: _hash, passwordVersion: _version, operatorRole: _role, ...rest } = kept;
  const isDisabled = disabled === true ? true : undefined;
  return {
    ...rest,
    ...defined({ passwordHash, passwordVersion, name, email, emailVerified, picture, disabled: isDisabled }),
    ...defined({ operatorRole: operator_role }),
    username,
    updatedAt: now,
  };
}

/** The fields of a user that administrators may see, without defaults. */
export function valuesOfUser(user: User): UserValues {
  const { username, name, email, emailVerified, picture, disabled, operatorRole } = user;
  return defined({
    username,
    name,
    email,
    email_verified: emailVerified,
    picture,
    disabled,
    operator_role: operatorRole,
  });
}

export function userAnswer(user: User): UserAnswer {
  const { id, updatedAt } = user;
  return {
    id,
    sub: id,
    email_verified: false,
    disabled: false,
    managed: user.managed ?? false,
    ...valuesOfUser(user),
    ...(updatedAt !== undefined && { updated_at: Math.floor(updatedAt / 1000) }),
  };
}
