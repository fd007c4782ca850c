import { FieldError } from '../../platform/fields/field-error';
import { type ClientMetadata, clientFields, readClientMetadata } from '../../domain/clients/client-metadata';
import { allowedIn, type JsonObject } from '../../platform/fields/fields';
import type { Api } from '../../domain/apis/api';
import type { Client } from '../../domain/clients/client';
import { isOwnScope, parseScope, scopes as ownScopes } from '../../domain/clients/scope';

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

/** What somebody can see of a name. */
const shows = /[\p{L}\p{N}\p{P}\p{S}]/u;
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
  /** Whether somebody we know vouches for the client: only then may it have tokens of its own. */
  readonly isVouchedFor: boolean;
}

/**
 * Reads what a client says of itself. What is not known is ignored, and so is a scope that it could not have; one that names
 * none may have all. Throws: {@link FieldError}. Source: RFC 7591 §2, §3.2.1, OpenID Connect Dynamic Client Registration §2.
 */
export function readRegistration(sent: JsonObject, surroundings: Surroundings): Registration {
  const { apiScopes, reaches } = surroundings;
  // Else a client would believe that nobody can tell its end-users from those of others.
  if (isGiven(sent, 'sector_identifier_uri'))
    throw new FieldError('sector_identifier_uri', 'none: subjects are public');
  if (isGiven(sent, 'subject_type') && sent['subject_type'] !== 'public')
    throw new FieldError('subject_type', 'public');
  const known = registrableFields.filter((name) => isGiven(sent, name)).map((name) => [name, sent[name]]);
  const metadata = withoutOwnTokens(readClientMetadata(Object.fromEntries(known)), surroundings);
  const { redirect_uris: redirectUris = [], grant_types: grants = [] } = metadata;
  // Codes are what it is for where it says nothing. Source: RFC 7591 §2.
  if (redirectUris.length === 0 && !grants.includes('client_credentials')) {
    throw new FieldError('redirect_uris', `at least one, of: ${allowedIn(clientFields.redirect_uris)}`);
  }
  if (turnsText.test(metadata.client_name ?? '')) {
    throw new FieldError('client_name', `${allowedIn(clientFields.client_name)}, nor any that turn its direction`);
  }
  for (const name of fetchedFields) {
    const url = metadata[name];
    if (url !== undefined && !reaches(url)) throw new FieldError(name, 'an https URL without fragment');
  }
  if (metadata.client_name !== undefined && !shows.test(metadata.client_name)) {
    throw new FieldError('client_name', `${allowedIn(clientFields.client_name)}, one of them visible`);
  }
  const hasIt = (name: string) => isOwnScope(name) || apiScopes.includes(name);
  // Several MCP clients send an empty one, which is none. Source: RFC 6749 §3.3.
  const everyScope = (metadata.scope ?? '') === '';
  const scope = everyScope ? [...ownScopes, ...apiScopes] : parseScope(metadata.scope).filter(hasIt);
  return { metadata: { ...metadata, scope: scope.join(' '), require_state: false }, everyScope };
}

/**
 * Nobody consents to `client_credentials`: of a client that anybody registered they are left out, or every API that such clients
 * may ask for would be everybody's. Source: RFC 7591 §2, §3.2.1.
 */
function withoutOwnTokens(metadata: ClientMetadata, { isVouchedFor }: Surroundings): ClientMetadata {
  const { grant_types: grants } = metadata;
  if (isVouchedFor || !grants?.includes('client_credentials')) return metadata;
  const left = grants.filter((each) => each !== 'client_credentials');
  if (left.length === 0) {
    throw new FieldError(
      'grant_types',
      'authorization_code, refresh_token; client_credentials with an initial access token',
    );
  }
  return { ...metadata, grant_types: left };
}

/** One that is null is as if it were absent. Source: RFC 7592 §2.2. */
function isGiven(sent: JsonObject, name: string): boolean {
  return Object.hasOwn(sent, name) && sent[name] !== null;
}

/**
 * The client as it says it is now, with what an administrator has made of it since it was first seen. One that is trusted as our
 * own is so with the redirect URIs that it had then.
 */
export function withOurs(now: Client, before: Client): Client {
  const isWhereItWas = now.redirectUris.every((uri) => before.redirectUris.includes(uri));
  const kept = Object.entries(before).filter(([field]) => ourFields.has(field));
  return { ...now, ...Object.fromEntries(kept), firstParty: before.firstParty && isWhereItWas };
}

/** Which an administrator alone may set. Source: docs/http-api.md, section Administration. */
const ourFields: ReadonlySet<string> = new Set([
  'requireState',
  'refreshTokenGrace',
  'dpopNonceRequired',
  'defaultResource',
  'idTokenClaims',
  'walletOrigin',
  'walletMessage',
  'walletChallengeLifetime',
  'synthetic',
] satisfies (keyof Client)[]);

/** The scopes that clients which registered themselves may ask for at APIs, each once. */
export function openScopesOf(apis: readonly Api[]): string[] {
  const open = apis.filter(({ allowRegisteredClients }) => allowRegisteredClients);
  return [...new Set(open.flatMap(({ scopes }) => scopes.map(({ name }) => name)))];
}
