import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors of the PKCE model, by reason. Source: RFC 6749 §4.1.2.1, §5.2; RFC 7636 §4.4.1, §4.6. */
export const oauthErrors = {
  ...errors(400, 'invalid_request', {
    parameter_repeated: ['A parameter is given more than once', 'Send each parameter once (RFC 6749 §3.1).'],
    client_unknown: [
      'Unknown client_id',
      'The application’s client_id is not registered here. If you build it, check the client_id and this server’s URL.',
    ],
    redirect_uri_unregistered: [
      'redirect_uri is not registered for this client',
      'Send a redirect_uri that is registered for this client, character for character. Only on 127.0.0.1 and [::1], and on localhost for a public client, may the port differ.',
    ],
    state_required: [
      'state is required',
      'Add a state parameter: a random value, kept with the browser’s session, that you compare when the answer comes back. It ties the answer to the browser that asked.',
    ],
    code_challenge_required: [
      'code_challenge is required',
      'Add code_challenge=BASE64URL(SHA-256(code_verifier)) and code_challenge_method=S256, with a new random code_verifier for each login (RFC 7636 §4).',
    ],
    code_challenge_method_unsupported: [
      'Only S256 code_challenge_method is supported',
      'Send code_challenge_method=S256. A challenge that is the verifier itself (plain) protects nothing, because whoever reads the request holds both.',
    ],
    code_challenge_malformed: [
      'Invalid code_challenge',
      'A code_challenge is the SHA-256 of the code_verifier in base64url without padding: exactly 43 characters (RFC 7636 §4.2).',
    ],
    request_uri_unsupported: 'A request that is pushed must not hold a request_uri',
    decision_required: 'decision must be allow or deny',
    grant_type_required: 'grant_type is required',
    client_authentication_repeated: 'Use one method of client authentication',
    code_required: 'Authorization code is required',
    code_verifier_required: 'Code verifier is required',
    refresh_token_required: 'Refresh token is required',
    token_required: 'A token is required',
  }),
  ...errors(400, 'invalid_request_uri', {
    request_uri_unknown: [
      'The request_uri is unknown, was used, or is that of another browser',
      'Go back to the application and begin again. If you build it: each request_uri that /par answers is for one client and one browser, and for one code.',
    ],
    request_uri_expired: [
      'The request_uri expired',
      'Go back to the application and begin again. If you build it: open a request_uri within its expires_in.',
    ],
  }),
  ...errors(400, 'unsupported_grant_type', { grant_type_unsupported: 'Unsupported grant_type' }),
  ...errors(400, 'unauthorized_client', {
    grant_type_unregistered: 'The client is not registered for this grant_type',
  }),
  ...errors(401, 'invalid_client', { client_authentication_failed: 'Client authentication failed' }),
  ...errors(400, 'invalid_grant', {
    code_unknown: 'Invalid authorization code',
    code_used: 'Authorization code already used',
    code_expired: 'Authorization code expired',
    redirect_uri_mismatch: 'redirect_uri mismatch',
    code_verifier_malformed: 'PKCE verification failed',
    code_verifier_mismatch: 'PKCE verification failed',
  }),
  ...errors(400, 'invalid_scope', {
    scope_exceeds_grant: 'Nothing of the scope was granted',
    scope_unknown: 'The scope names nothing that this client may have',
  }),
  ...errors(400, 'invalid_target', {
    resource_unknown: 'resource is not one that was authorized',
    resource_required: 'Name the API that the token is to be for',
    resource_repeated: 'A token is for one resource',
  }),
};

/**
 * Errors that differ for FAPI 2.0 clients.
 * Source: OpenID conformance suite, fapi2-security-profile-final-ensure-pkce-code-verifier-required.
 */
export const fapi2Errors = errors(400, 'invalid_grant', { code_verifier_required: 'Code verifier is required' });

export class OAuthError extends errorClass(oauthErrors) {}
