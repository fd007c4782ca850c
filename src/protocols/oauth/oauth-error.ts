import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../../platform/http/protocol-error';

/** Error responses of the PKCE model, by their reason. Source: RFC 6749 §4.1.2.1, §5.2; RFC 7636 §4.4.1, §4.6. */
export const oauthErrors = {
  parameter_repeated: {
    status: 400,
    error: 'invalid_request',
    description: 'A parameter is given more than once',
    hint: 'Send each parameter once (RFC 6749 §3.1).',
  },
  client_unknown: {
    status: 400,
    error: 'invalid_request',
    description: 'Unknown client_id',
    hint: 'The application’s client_id is not registered here. If you build it, check the client_id and this server’s URL.',
  },
  redirect_uri_unregistered: {
    status: 400,
    error: 'invalid_request',
    description: 'redirect_uri is not registered for this client',
    hint: 'Send a redirect_uri that is registered for this client, character for character. Only on 127.0.0.1 and [::1], and on localhost for a public client, may the port differ.',
  },
  state_required: {
    status: 400,
    error: 'invalid_request',
    description: 'state is required',
    hint: 'Add a state parameter: a random value, kept with the browser’s session, that you compare when the answer comes back. It ties the answer to the browser that asked.',
  },
  code_challenge_required: {
    status: 400,
    error: 'invalid_request',
    description: 'code_challenge is required',
    hint: 'Add code_challenge=BASE64URL(SHA-256(code_verifier)) and code_challenge_method=S256, with a new random code_verifier for each login (RFC 7636 §4).',
  },
  code_challenge_method_unsupported: {
    status: 400,
    error: 'invalid_request',
    description: 'Only S256 code_challenge_method is supported',
    hint: 'Send code_challenge_method=S256. A challenge that is the verifier itself (plain) protects nothing, because whoever reads the request holds both.',
  },
  code_challenge_malformed: {
    status: 400,
    error: 'invalid_request',
    description: 'Invalid code_challenge',
    hint: 'A code_challenge is the SHA-256 of the code_verifier in base64url without padding: exactly 43 characters (RFC 7636 §4.2).',
  },
  request_uri_unsupported: {
    status: 400,
    error: 'invalid_request',
    description: 'A request that is pushed must not hold a request_uri',
  },
  request_uri_unknown: {
    status: 400,
    error: 'invalid_request_uri',
    description: 'The request_uri is unknown, was used, or is that of another browser',
    hint: 'Go back to the application and begin again. If you build it: each request_uri that /par answers is for one client and one browser, and for one code.',
  },
  request_uri_expired: {
    status: 400,
    error: 'invalid_request_uri',
    description: 'The request_uri expired',
    hint: 'Go back to the application and begin again. If you build it: open a request_uri within its expires_in.',
  },
  decision_required: { status: 400, error: 'invalid_request', description: 'decision must be allow or deny' },
  grant_type_required: { status: 400, error: 'invalid_request', description: 'grant_type is required' },
  grant_type_unsupported: { status: 400, error: 'unsupported_grant_type', description: 'Unsupported grant_type' },
  grant_type_unregistered: {
    status: 400,
    error: 'unauthorized_client',
    description: 'The client is not registered for this grant_type',
  },
  client_authentication_failed: { status: 401, error: 'invalid_client', description: 'Client authentication failed' },
  client_authentication_repeated: {
    status: 400,
    error: 'invalid_request',
    description: 'Use one method of client authentication',
  },
  code_required: { status: 400, error: 'invalid_request', description: 'Authorization code is required' },
  code_unknown: { status: 400, error: 'invalid_grant', description: 'Invalid authorization code' },
  code_used: { status: 400, error: 'invalid_grant', description: 'Authorization code already used' },
  code_expired: { status: 400, error: 'invalid_grant', description: 'Authorization code expired' },
  redirect_uri_mismatch: { status: 400, error: 'invalid_grant', description: 'redirect_uri mismatch' },
  code_verifier_required: { status: 400, error: 'invalid_request', description: 'Code verifier is required' },
  code_verifier_malformed: { status: 400, error: 'invalid_grant', description: 'PKCE verification failed' },
  code_verifier_mismatch: { status: 400, error: 'invalid_grant', description: 'PKCE verification failed' },
  refresh_token_required: { status: 400, error: 'invalid_request', description: 'Refresh token is required' },
  token_required: { status: 400, error: 'invalid_request', description: 'A token is required' },
  scope_exceeds_grant: {
    status: 400,
    error: 'invalid_scope',
    description: 'Nothing of the scope was granted',
  },
  resource_unknown: { status: 400, error: 'invalid_target', description: 'resource is not one that was authorized' },
  resource_required: { status: 400, error: 'invalid_target', description: 'Name the API that the token is to be for' },
  scope_unknown: {
    status: 400,
    error: 'invalid_scope',
    description: 'The scope names nothing that this client may have',
  },
  resource_repeated: { status: 400, error: 'invalid_target', description: 'A token is for one resource' },
} as const satisfies Record<string, ErrorDefinition>;

/** What clients of the FAPI 2.0 Security Profile are told otherwise. Source: OpenID conformance suite, fapi2-security-profile-final-ensure-pkce-code-verifier-required. */
export const fapi2Errors = {
  code_verifier_required: { status: 400, error: 'invalid_grant', description: 'Code verifier is required' },
} as const satisfies Record<string, ErrorDefinition>;

export type OAuthErrorReason = keyof typeof oauthErrors;

export class OAuthError extends ProtocolError {
  constructor(
    override readonly reason: OAuthErrorReason,
    details?: ErrorDetails,
  ) {
    super(oauthErrors[reason], reason, details);
  }
}
