import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../../platform/http/protocol-error';

/** Error responses about refresh tokens and access tokens, by their reason. */
export const tokenErrors = {
  refresh_token_reused: { status: 400, error: 'invalid_grant', description: 'Refresh token already used' },
  refresh_token_expired: { status: 400, error: 'invalid_grant', description: 'Refresh token expired' },
  refresh_token_revoked: { status: 400, error: 'invalid_grant', description: 'Refresh token revoked' },
  refresh_token_unknown: { status: 400, error: 'invalid_grant', description: 'Invalid refresh token' },
  resource_unregistered: {
    status: 400,
    error: 'invalid_target',
    description: 'The resource is not registered any more',
  },
  access_token_required: { status: 401, error: 'invalid_token', description: 'An access token is required' },
  access_token_repeated: { status: 400, error: 'invalid_request', description: 'Show the access token in one place' },
  access_token_invalid: { status: 401, error: 'invalid_token', description: 'The access token is not valid' },
  access_token_expired: { status: 401, error: 'invalid_token', description: 'The access token expired' },
  access_token_revoked: { status: 401, error: 'invalid_token', description: 'The access token was revoked' },
  scope_insufficient: {
    status: 403,
    error: 'insufficient_scope',
    description: 'The access token does not have the scope that this needs',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type TokenErrorReason = keyof typeof tokenErrors;

export class TokenError extends ProtocolError {
  constructor(
    override readonly reason: TokenErrorReason,
    details?: ErrorDetails,
  ) {
    super(tokenErrors[reason], reason, details);
  }
}
