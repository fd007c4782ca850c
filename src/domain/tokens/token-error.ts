import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors about refresh tokens and access tokens, by reason. */
export const tokenErrors = {
  ...errors(400, 'invalid_grant', {
    refresh_token_reused: 'Refresh token already used',
    refresh_token_expired: 'Refresh token expired',
    refresh_token_revoked: 'Refresh token revoked',
    refresh_token_unknown: 'Invalid refresh token',
  }),
  ...errors(400, 'invalid_target', { resource_unregistered: 'The resource is not registered any more' }),
  ...errors(401, 'invalid_token', {
    access_token_required: 'An access token is required',
    access_token_invalid: 'The access token is not valid',
    access_token_expired: 'The access token expired',
    access_token_revoked: 'The access token was revoked',
  }),
  ...errors(400, 'invalid_request', { access_token_repeated: 'Show the access token in one place' }),
  ...errors(403, 'insufficient_scope', {
    scope_insufficient: 'The access token does not have the scope that this needs',
  }),
};

export type TokenErrorReason = keyof typeof tokenErrors;

export class TokenError extends errorClass(tokenErrors) {}
