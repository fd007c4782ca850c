import type { JWK } from 'jose';
import * as z from 'zod';
import { canonicalResource } from './resource-identifier';
import { type Client, grantTypes } from './client';
import { isOfFapi2 } from './fapi2';
import { scopes as ownScopes, parseScope } from './scope';
import { publicJwkOf } from './usable-keys';
import { signingAlgorithms } from '../../platform/settings';
import { FieldError } from '../../platform/fields/field-error';
import {
  defined,
  field,
  type Fields,
  type JsonObject,
  patched,
  readFields,
  type ValuesOf,
} from '../../platform/fields/fields';
import {
  choiceField,
  flagField,
  isRedirectUri,
  isWebOrigin,
  isWebUrl,
  listField,
  longestUri,
  numberField,
  ruledField,
  textField,
} from '../../platform/fields/field-kinds';

const webUrl = `an https URL without fragment, of at most ${longestUri} characters (http on loopback)`;
const redirectUri = ruledField(
  isRedirectUri,
  `${webUrl}, or one of a scheme with a dot, as com.example.app:/callback, or of an editor, as cursor://host/callback`,
  'where codes are sent',
);
const methods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
const scopeNames = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}(?: [\x21\x23-\x5b\x5d-\x7e]{1,128})*$/;
const defaultMethod = 'client_secret_basic';
const defaultGrace = 10;

/** The metadata fields of a client. Source: RFC 7591 §2, docs/http-api.md, section Administration. */
export const clientFields = {
  client_name: textField(100, 'what end-users read; the client_id by default'),
  client_uri: ruledField(isWebUrl, webUrl, 'the page of the application'),
  logo_uri: ruledField(isWebUrl, webUrl, 'its logo'),
  redirect_uris: listField(redirectUri, 'where codes are sent'),
  post_logout_redirect_uris: listField(redirectUri, 'where a logout may lead'),
  backchannel_logout_uri: ruledField(isWebUrl, webUrl, 'where it is told that a session ended'),
  application_type: choiceField(['web', 'native'], 'web by default'),
  grant_types: listField(choiceField(grantTypes, ''), 'authorization_code by default, if it has redirect URIs'),
  response_types: listField(choiceField(['code'], ''), 'code'),
  scope: ruledField(
    (text) => text.length <= 2_000 && (text === '' || scopeNames.test(text)),
    'scope names with one space between them (RFC 6749, section 3.3), at most 2000 characters',
    `what it may have: all of ${ownScopes.join(' ')} by default`,
  ),
  token_endpoint_auth_method: choiceField(methods, `${defaultMethod} by default, of a wallet client none`),
  jwks: jwksField(),
  jwks_uri: ruledField(isWebUrl, webUrl, 'where its public keys are'),
  id_token_signed_response_alg: choiceField(signingAlgorithms, 'RS256 by default; of a FAPI 2.0 client ES256'),
  require_pushed_authorization_requests: flagField('whether it must push its requests (RFC 9126)'),
  dpop_bound_access_tokens: flagField('whether its tokens must be bound to a key (RFC 9449)'),
  first_party: flagField('whether it needs no consent page; false by default'),
  require_state: flagField('whether /authorize wants a state of it; true by default'),
  refresh_token_grace: numberField(0, 300, `seconds in which a rotation can be repeated; ${defaultGrace} by default`),
  dpop_nonce_required: flagField('whether its DPoP proofs need a nonce of ours'),
  default_resource: resourceField(),
  id_token_claims: flagField('whether the claims of profile and email stand in its ID tokens too'),
  wallet_origin: ruledField(isWebOrigin, 'an https origin without a path (http on loopback)', 'may use /wallet/*'),
  wallet_message: choiceField(['server', 'wallet'], 'who writes the message; server by default'),
  wallet_challenge_lifetime: numberField(1, 3_600, 'seconds; WALLET_CHALLENGE_TTL by default'),
  synthetic: flagField('whether it belongs to a probe of yours'),
} satisfies Fields;

export type ClientMetadata = ValuesOf<typeof clientFields>;

/** A client as the API returns it: every field, defaults included, and never a secret. */
export type ClientAnswer = ClientMetadata & { readonly client_id: string; readonly managed: boolean };

/** True for an id that may be assigned to a client: safe in URLs and logs. The ids of comparison runs and https URLs are reserved. */
export function isClientId(text: string): boolean {
  return /^[\w.~-]{1,128}$/.test(text) && !text.startsWith('comparison-');
}

export const clientIdAllowed = '1 to 128 characters of A-Z a-z 0-9 . _ ~ -, not beginning with comparison-';

/** Parses the metadata of a new client, or of a change to `before`. Throws: {@link FieldError}. */
export function readClientMetadata(sent: JsonObject, before?: Client): ClientMetadata {
  const metadata = readFields(
    clientFields,
    before === undefined ? patched(clientFields, {}, sent) : changed(before, sent),
  );
  assertFits(metadata);
  return withFapi2Algorithm(metadata, sent);
}

/** A FAPI 2.0 client gets ES256 by default and never RS256. Throws: {@link FieldError}. Source: FAPI 2.0 Security Profile §5.4.1. */
function withFapi2Algorithm(metadata: ClientMetadata, sent: JsonObject): ClientMetadata {
  const asks = isOfFapi2({
    authentication: methodOf(metadata) === 'private_key_jwt' ? 'private_key_jwt' : 'none',
    requirePushedAuthorizationRequests: metadata.require_pushed_authorization_requests ?? false,
    dpopBoundAccessTokens: metadata.dpop_bound_access_tokens ?? false,
  });
  if (!asks || (metadata.id_token_signed_response_alg ?? 'RS256') !== 'RS256') return metadata;
  if ((sent['id_token_signed_response_alg'] ?? null) !== null) {
    throw new FieldError(
      'id_token_signed_response_alg',
      'ES256 or EdDSA, of a client of the FAPI 2.0 Security Profile',
    );
  }
  return { ...metadata, id_token_signed_response_alg: 'ES256' };
}

function changed(before: Client, sent: JsonObject): JsonObject {
  const { clientId, managed = false } = before;
  return patched(clientFields, metadataOf(before), sent, { client_id: clientId, managed });
}

/** Fields of a client that its metadata does not set. */
const keptFields = [
  'registeredAt',
  'registeredBy',
  'registrationTokenHash',
  'everyScope',
  'freshUntil',
  'expiresAt',
  'managed',
] as const satisfies readonly (keyof Client)[];

/** The property of a client that holds each field of its metadata, in the order in which answers list them. */
const properties = {
  client_name: 'name',
  client_uri: 'clientUri',
  logo_uri: 'logoUri',
  redirect_uris: 'redirectUris',
  post_logout_redirect_uris: 'postLogoutRedirectUris',
  backchannel_logout_uri: 'backchannelLogoutUri',
  application_type: 'applicationType',
  grant_types: 'grantTypes',
  scope: 'scopes',
  token_endpoint_auth_method: 'authentication',
  jwks: 'jwks',
  jwks_uri: 'jwksUri',
  id_token_signed_response_alg: 'idTokenAlgorithm',
  require_pushed_authorization_requests: 'requirePushedAuthorizationRequests',
  dpop_bound_access_tokens: 'dpopBoundAccessTokens',
  first_party: 'firstParty',
  require_state: 'requireState',
  refresh_token_grace: 'refreshTokenGrace',
  dpop_nonce_required: 'dpopNonceRequired',
  default_resource: 'defaultResource',
  id_token_claims: 'idTokenClaims',
  wallet_origin: 'walletOrigin',
  wallet_message: 'walletMessage',
  wallet_challenge_lifetime: 'walletChallengeLifetime',
  synthetic: 'synthetic',
} as const satisfies Readonly<Record<Exclude<keyof ClientMetadata, 'response_types'>, keyof Client>>;
const renamed = Object.entries(properties) as readonly [keyof typeof properties, keyof Client][];

/** The client with this metadata; fields of `before` that are not metadata stay. */
export function clientOfMetadata(
  metadata: ClientMetadata,
  before: Pick<Client, 'clientId' | 'secrets' | 'demo' | (typeof keptFields)[number]>,
): Client {
  const { clientId, secrets, demo } = before;
  const method = methodOf(metadata);
  const authentication = method === 'none' || method === 'private_key_jwt' ? method : 'client_secret';
  return defined({
    clientId,
    ...Object.fromEntries(renamed.map(([sent, kept]) => [kept, metadata[sent]])),
    name: metadata.client_name ?? clientId,
    authentication,
    secretMethod: method === 'client_secret_post' ? method : undefined,
    secrets: authentication === 'client_secret' ? secrets : undefined,
    redirectUris: metadata.redirect_uris ?? [],
    firstParty: metadata.first_party ?? false,
    scopes: metadata.scope === undefined ? [...ownScopes] : parseScope(metadata.scope),
    idTokenAlgorithm: metadata.id_token_signed_response_alg ?? 'RS256',
    ...Object.fromEntries(keptFields.map((name) => [name, before[name]])),
    demo,
  }) as unknown as Client;
}

/** The metadata of a client without its defaults. */
export function metadataOf(client: Client): ClientMetadata {
  const { scopes, authentication, secretMethod = defaultMethod } = client;
  return defined({
    ...Object.fromEntries(renamed.map(([sent, kept]) => [sent, client[kept]])),
    scope: scopes.join(' '),
    token_endpoint_auth_method: authentication === 'client_secret' ? secretMethod : authentication,
  });
}

/** The client as the API returns it, with its defaults. */
export function clientAnswer(client: Client): ClientAnswer {
  const hasCode = client.redirectUris.length > 0;
  return {
    client_id: client.clientId,
    application_type: 'web',
    grant_types: hasCode ? ['authorization_code'] : [],
    response_types: hasCode ? ['code'] : [],
    require_pushed_authorization_requests: false,
    dpop_bound_access_tokens: false,
    require_state: true,
    refresh_token_grace: defaultGrace,
    dpop_nonce_required: false,
    id_token_claims: false,
    synthetic: false,
    managed: client.managed ?? false,
    ...(client.walletOrigin !== undefined && { wallet_message: 'server' as const }),
    ...metadataOf(client),
  };
}

/** Checks the fields against each other. Throws: {@link FieldError}. */
function assertFits(metadata: ClientMetadata): void {
  const method = methodOf(metadata);
  const { redirect_uris: redirectUris = [], grant_types: grants = [], response_types: responses = [] } = metadata;
  if (metadata.jwks !== undefined && metadata.jwks_uri !== undefined) {
    throw new FieldError('jwks_uri', 'either jwks or jwks_uri (RFC 7591, section 2)');
  }
  if (method === 'private_key_jwt' && metadata.jwks === undefined && metadata.jwks_uri === undefined) {
    throw new FieldError('jwks', 'the public keys of a client that authenticates by private_key_jwt');
  }
  if (metadata.wallet_origin !== undefined && method !== 'none') {
    throw new FieldError('wallet_origin', 'public clients only, whose token_endpoint_auth_method is none');
  }
  if (grants.includes('client_credentials') && method === 'none') {
    throw new FieldError('grant_types', 'client_credentials of confidential clients only');
  }
  if (grants.includes('authorization_code') && redirectUris.length === 0) {
    throw new FieldError('redirect_uris', 'at least one, where grant_types has authorization_code');
  }
  if (responses.includes('code') && redirectUris.length === 0) {
    throw new FieldError('response_types', 'none, where there are no redirect_uris');
  }
}

function methodOf({ token_endpoint_auth_method: method, wallet_origin: walletOrigin }: ClientMetadata) {
  return method ?? (walletOrigin === undefined ? defaultMethod : 'none');
}

/** Stored in the canonical spelling of the API's identifier. */
function resourceField() {
  const identifier = z
    .string()
    .refine((text) => canonicalResource(text) !== undefined)
    .overwrite((text) => canonicalResource(text) ?? text);
  return field(identifier, 'the identifier of a registered API', 'the API that its tokens are for when it names none');
}

function jwksField() {
  const jwk = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JWK>;
  const set = z
    .strictObject({ keys: z.array(jwk).min(1).max(10) })
    .refine(({ keys }) => keys.every((each) => publicJwkOf(each) !== undefined))
    // Unknown members of a key are dropped: they would be stored and cached with each client.
    .overwrite(({ keys }) => ({ keys: keys.flatMap((each) => publicJwkOf(each) ?? []) }));
  return field(
    set,
    'a JWK Set (RFC 7517, section 5) of 1 to 10 public keys: RSA of 2048 to 4096 bits, P-256 or Ed25519',
    'its public keys',
  );
}
