import { FieldError } from '../../platform/fields/field-error';
import { type ClientMetadata, clientFields, readClientMetadata } from '../../domain/clients/client-metadata';
import { allowedIn, type JsonObject } from '../../platform/fields/fields';
import type { Api } from '../../domain/apis/api';
import type { Client } from '../../domain/clients/client';
import { isOwnScope, parseScope, scopes as ownScopes } from '../../domain/clients/scope';

/** Fields that a client may register itself; ours can only be set by an administrator. Source: RFC 7591 §2, docs/http-api.md. */
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

/** URLs that this server itself requests. */
const fetchedFields = ['jwks_uri', 'backchannel_logout_uri'] as const;

/** Visible characters of a name. */
const shows = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** Characters that reverse the direction of text on the consent page. */
const turnsText = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** The metadata that a client registers. */
export interface Registration {
  readonly metadata: ClientMetadata;
  /** The client named no scope, and may ask for those of later APIs, too. */
  readonly everyScope: boolean;
}

/** What a self-registered client may ask for and refer to. */
export interface Surroundings {
  /** Scopes of the APIs that allow self-registered clients. */
  readonly apiScopes: readonly string[];
  /** True for a URL that this server may request. */
  readonly reaches: (url: string) => boolean;
  /** Whether an administrator vouches for the client: only then may it use `client_credentials`. */
  readonly isVouchedFor: boolean;
}

/**
 * Parses the metadata that a client sends about itself. Ignores unknown fields and scopes that it cannot have; no scope means
 * all. Throws: {@link FieldError}. Source: RFC 7591 §2, §3.2.1, OpenID Connect Dynamic Client Registration §2.
 */
export function readRegistration(sent: JsonObject, surroundings: Surroundings): Registration {
  const { apiScopes, reaches } = surroundings;
  // Ignoring it would let the client believe that its end-users have pairwise subjects.
  if (isGiven(sent, 'sector_identifier_uri'))
    throw new FieldError('sector_identifier_uri', 'none: subjects are public');
  if (isGiven(sent, 'subject_type') && sent['subject_type'] !== 'public')
    throw new FieldError('subject_type', 'public');
  const known = registrableFields.filter((name) => isGiven(sent, name)).map((name) => [name, sent[name]]);
  const metadata = withoutOwnTokens(readClientMetadata(Object.fromEntries(known)), surroundings);
  const { redirect_uris: redirectUris = [], grant_types: grants = [] } = metadata;
  // The authorization code grant is the default. Source: RFC 7591 §2.
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
  // Several MCP clients send an empty scope, which counts as absent. Source: RFC 6749 §3.3.
  const everyScope = (metadata.scope ?? '') === '';
  const scope = everyScope ? [...ownScopes, ...apiScopes] : parseScope(metadata.scope).filter(hasIt);
  return { metadata: { ...metadata, scope: scope.join(' '), require_state: false }, everyScope };
}

/**
 * Drops `client_credentials`, which needs no consent, for a client that anybody registered: otherwise every API open to such
 * clients would be open to everybody. Source: RFC 7591 §2, §3.2.1.
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

/** null counts as absent. Source: RFC 7592 §2.2. */
function isGiven(sent: JsonObject, name: string): boolean {
  return Object.hasOwn(sent, name) && sent[name] !== null;
}

/**
 * The client with its new metadata and what an administrator has set on it. A first-party client keeps its trust only for the
 * redirect URIs that it had then.
 */
export function withOurs(now: Client, before: Client): Client {
  const isWhereItWas = now.redirectUris.every((uri) => before.redirectUris.includes(uri));
  const kept = Object.entries(before).filter(([field]) => ourFields.has(field));
  return { ...now, ...Object.fromEntries(kept), firstParty: before.firstParty && isWhereItWas };
}

/** Fields that only an administrator may set. Source: docs/http-api.md, section Administration. */
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

/** The distinct scopes of the APIs that self-registered clients may ask for. */
export function openScopesOf(apis: readonly Api[]): string[] {
  const open = apis.filter(({ allowRegisteredClients }) => allowRegisteredClients);
  return [...new Set(open.flatMap(({ scopes }) => scopes.map(({ name }) => name)))];
}
