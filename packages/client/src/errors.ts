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
      advice: advice ?? adviceFor(reason) ?? adviceFor(code) ?? 'Begin the login again.',
    });
  }
}

/** Codes of temporary failures, after which the tokens are still good. */
export const passing = /^(server_error|service_unreachable|temporarily_unavailable)$/;

/** By code, and by reason where that says more: the first that matches. No name of another server has to. */
const advices: Readonly<Record<string, RegExp>> = {
  'Register redirectUri.': /^redirect_uri_[mu]/,
  'Try again.': /^use_dpop|_replayed/,
  'Hand dpop() to this client.': /^dpop_proof_m/,
  'The key of these tokens is gone. Begin the login again.': /^dpop_key/,
  'Check the clock of this device.': /^invalid_dpop/,
  'Begin the login again. Raise refresh_token_grace.': /_reused/,
  'This callback is old or used. Begin the login again.': /^login_u/,
  'Begin the login.': /^tokens_/,
  'Begin the login again, without prompt=none.': /^(consent|login)_r/,
  'Try again later; what is held stays valid.': passing,
  'Offer the login again.': /^access_d/,
  'Ask for the scope in a new login.': /^insufficient_s/,
  'Ask for what this client may have.': /^invalid_(s|ta)/,
  'Check the issuer: another server answered.': /^(answer|id_token|metadata)_i|^issuer/,
  'Correct this client or its registration.': /^config|invalid_request$|client|support/,
};

const adviceFor = (name = '') => Object.entries(advices).find(([, names]) => names.test(name))?.[0];
