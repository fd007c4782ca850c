import type { User, UserStore } from '../../domain/identity/user-store';
import { OperatorError } from '../../domain/operators/operator-error';
import type { Acting } from '../../domain/operators/operators';
import type { JsonObject } from '../../platform/fields/fields';

/** What somebody below admin may change of a user, besides fields that never change. */
const changeableForSupport = new Set(['name', 'email', 'picture', 'disabled', 'id', 'sub', 'updated_at', 'managed']);

/** Users with a role in the administration are for admins. */
export function mayManage({ role }: Acting, { operatorRole }: Pick<User, 'operatorRole'>): boolean {
  return role === 'admin' || operatorRole === undefined;
}

/** Throws: OperatorError role_insufficient. See {@link mayManage}. */
export function assertMayManage(by: Acting, user: Pick<User, 'operatorRole'>): void {
  if (!mayManage(by, user)) throw new OperatorError('role_insufficient');
}

/** The same of the user with this subject, who may be nobody of ours. */
export async function assertMayManageSubject(by: Acting, sub: string, users: UserStore): Promise<void> {
  if (by.role !== 'admin') assertMayManage(by, (await users.find(sub)) ?? {});
}

/**
 * The patch as this operator may make it: support gives an address that is not verified, and nobody changes their own role.
 * Throws: OperatorError role_insufficient.
 */
export function allowedPatch(by: Acting, before: User, patch: JsonObject): JsonObject {
  assertMayManage(by, before);
  const { operator_role: role = before.operatorRole } = patch;
  const isOwn = by.actor.type === 'user' && by.actor.id === before.id;
  if (isOwn && role !== before.operatorRole) throw new OperatorError('role_insufficient');
  if (by.role === 'admin') return patch;
  if (Object.keys(patch).some((name) => !changeableForSupport.has(name))) throw new OperatorError('role_insufficient');
  const isNewAddress = patch['email'] !== undefined && patch['email'] !== before.email;
  return isNewAddress ? { ...patch, email_verified: false } : patch;
}
