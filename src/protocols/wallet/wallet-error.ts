import { bodyAllowed } from '../../platform/http/json';
import { errorClass, errors } from '../../platform/http/protocol-error';

const signAgain = 'Go back and sign a new message.';

/** Errors of the wallet model, by reason. Source: docs/http-api.md, section Wallet model; EIP-4361. */
export const walletErrors = {
  ...errors(400, 'invalid_request', {
    body_invalid: `The body must be a JSON object, ${bodyAllowed}`,
    address_invalid: 'address must be 0x and 40 hex digits; in mixed case its EIP-55 checksum must be right',
    chain_id_invalid: 'chainId must be a positive whole number',
    client_id_invalid: 'clientId must be that of a client that is registered for wallet logins of this kind',
    uri_invalid: 'uri must be an RFC 3986 URI of at most 512 characters under the registered origin of the client',
    statement_invalid: 'statement must be one line of at most 300 of the characters that EIP-4361 allows',
    resources_invalid: 'resources must be an array of at most 10 RFC 3986 URIs of at most 256 characters each',
    scope_invalid: 'scope must be names separated by spaces',
    resource_indicators_invalid:
      'resourceIndicators must be an array of at most 10 URIs of at most 512 characters each',
    code_challenge_malformed: 'Invalid codeChallenge',
    chain_unsupported: 'This chain is not supported',
    nonce_invalid: 'nonce must be that of the challenge',
    message_invalid: 'message must be the EIP-4361 message of the challenge',
    signature_invalid: 'signature must be 0x and an even number of hex digits, of 8192 bytes at most',
    signature_malformed:
      'signature must be 65 bytes r, s, v (64 by EIP-2098), r and s in range, s low, v one of 0, 1, 27, 28; of a smart account at least 32 bytes',
    contract_accounts_unsupported: [
      'On this chain only accounts that sign with their own key can sign in',
      'Go back and choose an account that signs with its own key, or another chain.',
    ],
  }),
  ...errors(400, 'invalid_scope', { scope_unknown: 'scope names nothing that this client may have' }),
  ...errors(400, 'invalid_target', {
    resource_unknown: 'resourceIndicators must be this server and APIs that are open to this client',
  }),
  ...errors(400, 'invalid_grant', {
    challenge_unknown: ['Unknown challenge', signAgain],
    challenge_used: ['Challenge already used', signAgain],
    challenge_expired: ['Challenge expired', signAgain],
    message_mismatch: 'The message is not the one that was issued, or one that the wallet wrote says something else',
    signature_mismatch: [
      'The signature is not by the account of the challenge',
      'Go back and sign with the account that you chose there.',
    ],
    code_verifier_required: 'codeVerifier is required: the challenge was asked for with a codeChallenge',
    code_verifier_mismatch: 'codeVerifier is not the one of the codeChallenge that the challenge was asked for with',
  }),
};

export type WalletErrorReason = keyof typeof walletErrors;

export class WalletError extends errorClass(walletErrors) {}
