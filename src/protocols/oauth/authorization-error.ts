import type { Client } from '../../domain/clients/client';
import { type ErrorCode, errors, ProtocolError } from '../../platform/http/protocol-error';

/** Errors that need no browser; a pushed request gets them as a response. Source: RFC 9126 §2.3. */
export const pushedRequestErrors = {
  ...errors(400, 'invalid_request', {
    response_type_required: 'response_type is required',
    response_mode_unsupported: 'Only response_mode query is supported',
    prompt_malformed: 'prompt is not a list of known values, or none with others',
    max_age_malformed: 'max_age is not a number of seconds',
    nonce_too_long: 'nonce is longer than 512 characters',
    dpop_jkt_malformed: 'dpop_jkt is not the SHA-256 thumbprint of a key',
  }),
  ...errors(400, 'unsupported_response_type', { response_type_unsupported: 'Only response_type code is supported' }),
  ...errors(400, 'unauthorized_client', {
    grant_type_unregistered: 'The client is not registered for this grant_type',
  }),
  ...errors(400, 'request_not_supported', { request_unsupported: 'The request parameter is not supported' }),
  ...errors(400, 'invalid_scope', { scope_unknown: 'The scope names nothing that this client may have' }),
  ...errors(400, 'invalid_target', {
    resource_unknown: 'Each resource must be this server or an API that is open to this client, and 10 at most',
  }),
};

/** Errors that a self-registered client gets before a login; a browser without a session gets a page. The rest needs a session. */
export const beforeLoginErrors = {
  ...pushedRequestErrors,
  ...errors(400, 'request_uri_not_supported', {
    request_uri_unsupported: 'The request_uri parameter is not supported',
  }),
  ...errors(400, 'invalid_request', { pushed_request_required: 'This client must push its requests' }),
  ...errors(400, 'login_required', { login_required: 'The end-user is not logged in, or must log in again' }),
};

/** Errors that the client gets by redirect, once its redirect URI is verified. Source: RFC 6749 §4.1.2.1. */
export const authorizationErrors = {
  ...beforeLoginErrors,
  ...errors(400, 'unmet_authentication_requirements', {
    acr_unmet: 'The end-user is not logged in by passkey, which acr_values asks for',
  }),
  ...errors(400, 'consent_required', { consent_required: 'The end-user has not consented to this client' }),
  ...errors(400, 'access_denied', { denied: 'The end-user denied the request' }),
};

/** An error response by redirect to the client, where that is safe: see {@link BeforeLoginError}. */
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

/**
 * Anybody can register a redirect URI: a browser without a session is not redirected to it, or a link to this server would be
 * an open redirector. Source: RFC 9700 §4.11.2.
 */
export class BeforeLoginError extends ProtocolError {
  constructor(reason: keyof typeof beforeLoginErrors) {
    const hint =
      'This application has registered itself, and nobody is signed in at this browser, so it is not sent on. Go back to the application and sign in. If you build it: prompt=none needs a session, and the request must be right.';
    super({ ...beforeLoginErrors[reason], hint }, reason);
  }
}

/** True for an error that is found before any login. */
export function isBeforeLogin(
  reason: AuthorizationError['reason'],
): reason is keyof typeof beforeLoginErrors & AuthorizationError['reason'] {
  return reason in beforeLoginErrors;
}
