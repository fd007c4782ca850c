import type { Type } from '@nestjs/common';
import { clientFields, clientIdAllowed } from '../../../domain/clients/client-metadata';
import { includesRole, type OperatorRole } from '../../../domain/identity/operator-role';
import type { Records as AdministeredRecords } from '../records.controller';
import type { Acting } from '../../../domain/operators/operators';
import { ruledField } from '../../../platform/fields/field-kinds';
import type { Fields, JsonObject } from '../../../platform/fields/fields';
import { apiFields } from '../api-fields';
import { AdminApis } from '../apis';
import { AdminClients } from '../clients';
import { operatorFields, AdminOperators } from '../operators';
import { userFields } from '../user-fields';
import { AdminUsers } from '../users';

/** The administration of one kind of record, as its pages use it. */
export interface Records extends AdministeredRecords {
  idOf?(name: string): Promise<string>;
}

/** A kind of record with its pages: what they show and ask, in the API's spelling. */
export interface RecordKind {
  readonly path: 'clients' | 'apis' | 'users' | 'operators';
  readonly title: string;
  readonly one: string;
  readonly about: string;
  readonly records: Type<Records>;
  /** The field with the id, */
  readonly id: string;
  /** with the name, */
  readonly name: string;
  /** and by which pages continue. */
  readonly place: string;
  readonly searched: readonly string[];
  readonly columns: readonly string[];
  readonly fields: Fields;
  /** Fields that only a new record has. */
  readonly onlyNew: readonly string[];
  /** Fields that never change. */
  readonly fixed: readonly string[];
  /** The fields that a form shows first. */
  readonly first: readonly string[];
  readonly reads: OperatorRole;
  readonly changes: OperatorRole;
  /** The fields that support may change. */
  readonly ofSupport: readonly string[];
  /** What a removal ends. */
  readonly ends: readonly string[];
  /** How another secret is made, and what it is called. */
  readonly secret: { readonly path: 'secret' | 'token'; readonly word: string } | undefined;
}

/** A kind whose records have secrets. */
export type SecretKind = RecordKind & { readonly secret: NonNullable<RecordKind['secret']> };

const usual = { onlyNew: [], fixed: [], ofSupport: [], reads: 'viewer', changes: 'admin' } as const;

export const clientKind: SecretKind = {
  ...usual,
  path: 'clients',
  title: 'Clients',
  one: 'client',
  about: 'The applications that may ask for a login.',
  records: AdminClients,
  id: 'client_id',
  name: 'client_name',
  place: 'client_id',
  searched: ['client_id', 'client_name'],
  columns: ['client_id', 'token_endpoint_auth_method', 'redirect_uris', 'wallet_origin'],
  fields: { client_id: ruledField(() => true, clientIdAllowed, 'its id; random by default'), ...clientFields },
  onlyNew: ['client_id'],
  first: [
    'client_id',
    'client_name',
    'redirect_uris',
    'post_logout_redirect_uris',
    'wallet_origin',
    'scope',
    'first_party',
  ],
  ends: ['its grants: their tokens are refused at once', 'its codes and challenges', 'the consents of its end-users'],
  secret: { path: 'secret', word: 'secret' },
};

export const apiKind: SecretKind = {
  ...usual,
  path: 'apis',
  title: 'APIs',
  one: 'API',
  about: 'The resource servers that tokens are for.',
  records: AdminApis,
  id: 'id',
  name: 'name',
  place: 'id',
  searched: ['id', 'identifier', 'name'],
  columns: ['identifier', 'scopes'],
  fields: apiFields,
  fixed: ['identifier'],
  first: ['identifier', 'name', 'scopes'],
  ends: ['new tokens for it: clients that ask for it are refused', 'its secret: it can introspect no more'],
  secret: { path: 'secret', word: 'secret' },
};

export const userKind: RecordKind = {
  ...usual,
  path: 'users',
  title: 'Users',
  one: 'user',
  about: 'The people with an account here.',
  records: AdminUsers,
  id: 'id',
  name: 'username',
  place: 'username',
  searched: ['id', 'username', 'name', 'email'],
  columns: ['name', 'email', 'operator_role', 'disabled'],
  fields: userFields,
  changes: 'support',
  ofSupport: ['name', 'email', 'picture', 'disabled'],
  first: ['username', 'name', 'email', 'email_verified', 'disabled', 'operator_role'],
  ends: ['all sessions and grants', 'all consents, passkeys and linked wallets', 'the account: it cannot be restored'],
  secret: undefined,
};

export const operatorKind: SecretKind = {
  ...usual,
  path: 'operators',
  title: 'Operators',
  one: 'operator',
  about: 'Who works in the administration by a token.',
  records: AdminOperators,
  id: 'id',
  name: 'name',
  place: 'id',
  searched: ['id', 'name'],
  columns: ['role', 'disabled', 'expires_at', 'last_used_at'],
  fields: operatorFields,
  first: ['name', 'role', 'expires_at', 'disabled'],
  reads: 'admin',
  ends: ['all of its tokens', 'its sessions of the console'],
  secret: { path: 'token', word: 'token' },
};

/** The names of the fields of the form for a new record, or for a change to one by this operator; empty: none. */
export function fieldsFor(kind: RecordKind, by: Acting, record?: JsonObject): readonly string[] {
  const hidden = new Set(['password_hash', ...(record === undefined ? [] : [...kind.onlyNew, ...kind.fixed])]);
  const all = Object.keys(kind.fields).filter((name) => !hidden.has(name));
  if (by.role === 'admin')
    return [...kind.first, ...all.filter((name) => !kind.first.includes(name))].filter((name) => all.includes(name));
  const isManaged = record?.['operator_role'] !== undefined;
  return includesRole(by.role, kind.changes) && record !== undefined && !isManaged ? kind.ofSupport : [];
}
