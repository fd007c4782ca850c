import { bodyAllowed } from '../../platform/http/json';
import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../../platform/http/protocol-error';

const signAgain = 'Go back to the login page and sign a new message.';

/** Error responses of the wallet model, by their reason. Source: docs/http-api.md, section Wallet model; EIP-4361. */
export const walletErrors = {
  body_invalid: {
    status: 400,
    error: 'invalid_request',
    description: `The body must be a JSON object, ${bodyAllowed}`,
  },
  address_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'address must be 0x and 40 hex digits; in mixed case its EIP-55 checksum must be right',
  },
  chain_id_invalid: { status: 400, error: 'invalid_request', description: 'chainId must be a positive whole number' },
  client_id_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'clientId must be that of a client that is registered for wallet logins of this kind',
  },
  uri_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'uri must be an RFC 3986 URI of at most 512 characters under the registered origin of the client',
  },
  statement_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'statement must be one line of at most 300 of the characters that EIP-4361 allows',
  },
  resources_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'resources must be an array of at most 10 RFC 3986 URIs of at most 256 characters each',
  },
  scope_invalid: { status: 400, error: 'invalid_request', description: 'scope must be names separated by spaces' },
  scope_unknown: {
    status: 400,
    error: 'invalid_scope',
    description: 'scope names nothing that this client may have',
  },
  resource_indicators_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'resourceIndicators must be an array of at most 10 URIs of at most 512 characters each',
  },
  resource_unknown: {
    status: 400,
    error: 'invalid_target',
    description: 'resourceIndicators must be this server and APIs that are open to this client',
  },
  code_challenge_malformed: { status: 400, error: 'invalid_request', description: 'Invalid codeChallenge' },
  chain_unsupported: { status: 400, error: 'invalid_request', description: 'This chain is not supported' },
  nonce_invalid: { status: 400, error: 'invalid_request', description: 'nonce must be that of the challenge' },
  message_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'message must be the EIP-4361 message of the challenge',
  },
  signature_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'signature must be 0x and an even number of hex digits, of 8192 bytes at most',
  },
  challenge_unknown: { status: 400, error: 'invalid_grant', description: 'Unknown challenge', hint: signAgain },
  challenge_used: { status: 400, error: 'invalid_grant', description: 'Challenge already used', hint: signAgain },
  challenge_expired: { status: 400, error: 'invalid_grant', description: 'Challenge expired', hint: signAgain },
  message_mismatch: {
    status: 400,
    error: 'invalid_grant',
    description: 'The message is not the one that was issued, or one that the wallet wrote says something else',
  },
  signature_malformed: {
    status: 400,
    error: 'invalid_request',
    description:
      'signature must be 65 bytes r, s, v (64 by EIP-2098), r and s in range, s low, v one of 0, 1, 27, 28; of a smart account at least 32 bytes',
  },
  signature_mismatch: {
    status: 400,
    error: 'invalid_grant',
    description: 'The signature is not by the account of the challenge',
    hint: 'Go back to the login page and sign with the account that you chose there.',
  },
  contract_accounts_unsupported: {
    status: 400,
    error: 'invalid_request',
    description: 'On this chain only accounts that sign with their own key can sign in',
    hint: 'Go back to the login page and choose an account that signs with its own key, or another chain.',
  },
  code_verifier_required: {
    status: 400,
    error: 'invalid_grant',
    description: 'codeVerifier is required: the challenge was asked for with a codeChallenge',
  },
  code_verifier_mismatch: {
    status: 400,
    error: 'invalid_grant',
    description: 'codeVerifier is not the one of the codeChallenge that the challenge was asked for with',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type WalletErrorReason = keyof typeof walletErrors;

export class WalletError extends ProtocolError {
  constructor(
    override readonly reason: WalletErrorReason,
    details?: ErrorDetails,
  ) {
    super(walletErrors[reason], reason, details);
  }
}
