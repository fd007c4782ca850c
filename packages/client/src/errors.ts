import type { ServiceReason } from './reasons.ts';

/** The service's error codes: the `error` of its responses. Source: docs/errors.md. */
export type ServiceErrorCode =
  | 'access_denied'
  | 'consent_required'
  | 'insufficient_scope'
  | 'invalid_client'
  | 'invalid_dpop_proof'
  | 'invalid_grant'
  | 'invalid_request'
  | 'invalid_request_uri'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_token'
  | 'login_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'unauthorized_client'
  | 'unmet_authentication_requirements'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'use_dpop_nonce';

/** Error codes of this package itself. */
export type ClientErrorCode =
  | 'answer_invalid'
  | 'configuration_invalid'
  | 'id_token_invalid'
  | 'issuer_mismatch'
  | 'login_unknown'
  | 'metadata_invalid'
  | 'service_unreachable'
  | 'tokens_missing'
  | 'wallet_error';

/** Every `code` of a {@link TesseraError}. */
export type ErrorCode = ServiceErrorCode | ClientErrorCode;

/** A `reason` of the service; other text is of the wallet entry (`WalletErrorReason`), or of another server. */
export type Reason = ServiceReason | (string & {});

/** What the application can do, by `reason`, or by `code` for a response without one. */
export type Advice = Readonly<Record<string, string>>;

/** Details of an error; `retryAfter` in seconds. */
export interface ErrorDetails {
  readonly reason?: Reason | undefined;
  readonly status?: number | undefined;
  readonly retryAfter?: number | undefined;
  readonly advice?: string | undefined;
}

/** Any failure, including the service's error responses. Contains no credential, and no `cause`, which might. */
export class TesseraError extends Error {
  declare readonly name: 'TesseraError';
  declare readonly code: ErrorCode;
  /** Stable, if the service sent one. Source: docs/errors.md, section By reason. */
  declare readonly reason: Reason | undefined;
  /** The HTTP status, if there was a response. */
  declare readonly status: number | undefined;
  /** Seconds to wait before a retry, if the service said so. */
  declare readonly retryAfter: number | undefined;
  /** What to do about it. */
  declare readonly advice: string;

  /** `message`: where it says more than the code. */
  constructor(code: ErrorCode, message: string = code, { reason, status, retryAfter, advice }: ErrorDetails = {}) {
    super(message);
    Object.assign(this, {
      name: 'TesseraError',
      code,
      reason,
      status,
      retryAfter,
      // Another server may have codes of its own.
      advice:
        advice ??
        generalAdvice[reason ?? ''] ??
        generalAdvice[code] ??
        (/client|support/.test(code) ? configure : again),
    });
  }
}

const again = 'Begin the login again.';
const ask = 'Begin the login again, without prompt=none.';
const configure = 'Correct this client or its registration.';
const elsewhere = 'Check the issuer: another server answered.';
const fewer = 'Ask for what this client may have.';
const later = 'Try again later; what is held stays valid.';
const redirect = 'Register redirectUri.';

/** By code, and by reason where that says more. Without a prototype: a server chooses the names. */
export const generalAdvice = {
  __proto__: null,
  access_denied: 'Offer the login again.',
  answer_invalid: elsewhere,
  configuration_invalid: configure,
  consent_required: ask,
  id_token_invalid: elsewhere,
  insufficient_scope: 'Ask for the scope in a new login.',
  invalid_dpop_proof: 'Check the clock of this device.',
  invalid_request: configure,
  invalid_scope: fewer,
  invalid_target: fewer,
  issuer_mismatch: elsewhere,
  login_required: ask,
  login_unknown: 'This callback is old or used. Begin the login again.',
  metadata_invalid: elsewhere,
  server_error: later,
  service_unreachable: later,
  temporarily_unavailable: later,
  tokens_missing: 'Begin the login.',
  use_dpop_nonce: 'Try again.',
  dpop_key_mismatch: 'The key of these tokens is gone. Begin the login again.',
  dpop_proof_missing: 'Hand dpop() to this client.',
  dpop_proof_replayed: 'Try again.',
  redirect_uri_mismatch: redirect,
  redirect_uri_unregistered: redirect,
  refresh_token_reused: 'Begin the login again. Raise refresh_token_grace.',
} as unknown as Advice;
