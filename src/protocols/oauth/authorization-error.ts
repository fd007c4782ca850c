import type { Client } from '../../domain/clients/client';
import { type ErrorCode, ProtocolError } from '../../platform/http/protocol-error';

/** What the client is told by redirect, once its redirect URI is known to be its own. Source: RFC 6749 §4.1.2.1. */
export const authorizationErrors = {
  response_type_required: { error: 'invalid_request', description: 'response_type is required' },
  response_type_unsupported: {
    error: 'unsupported_response_type',
    description: 'Only response_type code is supported',
  },
  response_mode_unsupported: { error: 'invalid_request', description: 'Only response_mode query is supported' },
  grant_type_unregistered: {
    error: 'unauthorized_client',
    description: 'The client is not registered for this grant_type',
  },
  request_unsupported: { error: 'request_not_supported', description: 'The request parameter is not supported' },
  request_uri_unsupported: {
    error: 'request_uri_not_supported',
    description: 'The request_uri parameter is not supported',
  },
  scope_unknown: { error: 'invalid_scope', description: 'The scope names nothing that this client may have' },
  prompt_malformed: {
    error: 'invalid_request',
    description: 'prompt is not a list of known values, or none with others',
  },
  max_age_malformed: { error: 'invalid_request', description: 'max_age is not a number of seconds' },
  nonce_too_long: { error: 'invalid_request', description: 'nonce is longer than 512 characters' },
  dpop_jkt_malformed: { error: 'invalid_request', description: 'dpop_jkt is not the SHA-256 thumbprint of a key' },
  resource_unknown: {
    error: 'invalid_target',
    description: 'Each resource must be this server or an API that is open to this client, and 10 at most',
  },
  pushed_request_required: { error: 'invalid_request', description: 'This client must push its requests' },
  login_required: { error: 'login_required', description: 'The end-user is not logged in, or must log in again' },
  consent_required: { error: 'consent_required', description: 'The end-user has not consented to this client' },
  denied: { error: 'access_denied', description: 'The end-user denied the request' },
} as const satisfies Record<string, { readonly error: ErrorCode; readonly description: string }>;

/** An error response that goes back to the client, where the browser may be sent there: see {@link NobodyKnownError}. */
export class AuthorizationError extends Error {
  readonly error: ErrorCode;

  constructor(
    readonly reason: keyof typeof authorizationErrors,
    readonly request: { readonly client: Client; readonly redirectUri: string; readonly state: string | undefined },
  ) {
    super(authorizationErrors[reason].description);
    this.error = authorizationErrors[reason].error;
  }
}

/** The same, as the answer to a request that is pushed: all that can be told before there is a browser. Source: RFC 9126 §2.3. */
export const pushedRequestErrors = {
  response_type_required: { status: 400, ...authorizationErrors.response_type_required },
  response_type_unsupported: { status: 400, ...authorizationErrors.response_type_unsupported },
  response_mode_unsupported: { status: 400, ...authorizationErrors.response_mode_unsupported },
  grant_type_unregistered: { status: 400, ...authorizationErrors.grant_type_unregistered },
  request_unsupported: { status: 400, ...authorizationErrors.request_unsupported },
  scope_unknown: { status: 400, ...authorizationErrors.scope_unknown },
  prompt_malformed: { status: 400, ...authorizationErrors.prompt_malformed },
  max_age_malformed: { status: 400, ...authorizationErrors.max_age_malformed },
  nonce_too_long: { status: 400, ...authorizationErrors.nonce_too_long },
  dpop_jkt_malformed: { status: 400, ...authorizationErrors.dpop_jkt_malformed },
  resource_unknown: { status: 400, ...authorizationErrors.resource_unknown },
} as const;

/** The same, as a page, where nobody is known whom a client that registered itself may be told of. The rest needs a session. */
export const nobodyKnownErrors = {
  ...pushedRequestErrors,
  request_uri_unsupported: { status: 400, ...authorizationErrors.request_uri_unsupported },
  pushed_request_required: { status: 400, ...authorizationErrors.pushed_request_required },
  login_required: { status: 400, ...authorizationErrors.login_required },
} as const;

/**
 * Anybody can register a redirect URI: who is not known here yet is not sent there, or a link to this server would lead
 * wherever its author likes. Source: RFC 9700 §4.11.2.
 */
export class NobodyKnownError extends ProtocolError {
  constructor(reason: keyof typeof nobodyKnownErrors) {
    const hint =
      'This application has registered itself, and nobody is signed in at this browser, so it is not sent on. Go back to the application and sign in. If you build it: prompt=none needs a session, and the request must be right.';
    super({ ...nobodyKnownErrors[reason], hint }, reason);
  }
}

/** True of what can be refused before anybody is known. */
export function isBeforeLogin(
  reason: AuthorizationError['reason'],
): reason is keyof typeof nobodyKnownErrors & AuthorizationError['reason'] {
  return reason in nobodyKnownErrors;
}
