import { FieldError } from '../admin/admin-error';
import { type ClientMetadata, clientFields, readClientMetadata } from '../admin/client-metadata';
import type { JsonObject } from '../admin/fields';
import type { Api } from '../apis/api';
import { isOwnScope, parseScope, scopes as ownScopes } from '../clients/scope';

/** What a client says of itself; our own fields an administrator alone may set. Source: RFC 7591 §2, docs/http-api.md. */
export const registrableFields = [
  'client_name',
  'client_uri',
  'logo_uri',
  'redirect_uris',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'application_type',
  'grant_types',
  'response_types',
  'scope',
  'token_endpoint_auth_method',
  'jwks',
  'jwks_uri',
  'id_token_signed_response_alg',
  'require_pushed_authorization_requests',
  'dpop_bound_access_tokens',
] as const satisfies readonly (keyof typeof clientFields)[];

/** Which this server asks by itself. */
const fetchedFields = ['jwks_uri', 'backchannel_logout_uri'] as const;

/** They turn the direction of what is read on the consent page. */
const turnsText = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** What a client has registered. */
export interface Registration {
  readonly metadata: ClientMetadata;
  /** It named no scope, and may ask for those of later APIs too. */
  readonly everyScope: boolean;
}

/** What there is to be had and to be reached, when a client registers itself. */
export interface Surroundings {
  /** Of the APIs that clients may ask for which registered themselves. */
  readonly apiScopes: readonly string[];
  /** True for a URL that this server may ask. */
  readonly reaches: (url: string) => boolean;
}

/**
 * Reads what a client says of itself. What is not known is ignored, and so is a scope that it could not have; one that names
 * none may have all. Throws: {@link FieldError}. Source: RFC 7591 §2, §3.2.1, OpenID Connect Dynamic Client Registration §2.
 */
export function readRegistration(sent: JsonObject, { apiScopes, reaches }: Surroundings): Registration {
  // Else a client would believe that nobody can tell its end-users from those of others.
  if (isGiven(sent, 'sector_identifier_uri'))
    throw new FieldError('sector_identifier_uri', 'none: subjects are public');
  if (isGiven(sent, 'subject_type') && sent['subject_type'] !== 'public')
    throw new FieldError('subject_type', 'public');
  const known = registrableFields.filter((name) => isGiven(sent, name)).map((name) => [name, sent[name]]);
  const metadata = readClientMetadata(Object.fromEntries(known));
  const { redirect_uris: redirectUris = [], grant_types: grants = [] } = metadata;
  // Codes are what it is for where it says nothing. Source: RFC 7591 §2.
  if (redirectUris.length === 0 && !grants.includes('client_credentials')) {
    throw new FieldError('redirect_uris', `at least one, of: ${clientFields.redirect_uris.allowed}`);
  }
  if (turnsText.test(metadata.client_name ?? '')) {
    throw new FieldError('client_name', `${clientFields.client_name.allowed}, nor any that turn its direction`);
  }
  for (const name of fetchedFields) {
    const url = metadata[name];
    if (url !== undefined && !reaches(url)) throw new FieldError(name, 'an https URL without fragment');
  }
  const hasIt = (name: string) => isOwnScope(name) || apiScopes.includes(name);
  const scope = metadata.scope === undefined ? [...ownScopes, ...apiScopes] : parseScope(metadata.scope).filter(hasIt);
  const everyScope = metadata.scope === undefined;
  return { metadata: { ...metadata, scope: scope.join(' '), require_state: false }, everyScope };
}

/** One that is null is as if it were absent. Source: RFC 7592 §2.2. */
function isGiven(sent: JsonObject, name: string): boolean {
  return Object.hasOwn(sent, name) && sent[name] !== null;
}

/** The scopes that clients which registered themselves may ask for at APIs, each once. */
export function openScopesOf(apis: readonly Api[]): string[] {
  const open = apis.filter(({ allowRegisteredClients }) => allowRegisteredClients);
  return [...new Set(open.flatMap(({ scopes }) => scopes.map(({ name }) => name)))];
}
