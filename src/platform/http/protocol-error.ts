/**
 * The codes of RFC 6749 §5.2 and §4.1.2.1, RFC 6750 §3.1, RFC 9101 §7, RFC 9449 §12.2, OpenID Connect Core §3.1.2.6, and
 * OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §2.
 */
export type ErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'invalid_token'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'login_required'
  | 'consent_required'
  | 'interaction_required'
  | 'unmet_authentication_requirements'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'invalid_request_uri';

/** What a caller learns about an error. */
export interface ErrorDefinition {
  readonly status: number;
  readonly error: ErrorCode;
  /**
   * A public sentence that never quotes input, in the characters %x20-21, %x23-5B and %x5D-7E only. Source: RFC 6749 §5.2, RFC
   * 7591 §3.2.2.
   */
  readonly description: string;
  /** How to fix it, for the error page: addressed to the client's developer or the end-user. */
  readonly hint?: string;
}

/** A public sentence, or one with a hint: see {@link ErrorDefinition}. */
type PublicText = string | readonly [description: string, hint: string];

/** Errors of a catalogue, by reason, that share a status and a code. */
export function errors<Reason extends string>(
  status: number,
  error: ErrorCode,
  texts: Readonly<Record<Reason, PublicText>>,
): Readonly<Record<Reason, ErrorDefinition>> {
  const definitions = Object.entries<PublicText>(texts).map(([reason, sentences]) => {
    const [description, hint] = [sentences].flat();
    return [reason, { status, error, description, ...(hint !== undefined && { hint }) }];
  });
  return Object.fromEntries(definitions) as Record<Reason, ErrorDefinition>;
}

export interface ErrorDetails {
  /** Replaces the catalogue's sentence, under the same rules. */
  readonly description?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the log, never for the response. */
  readonly cause?: unknown;
}

/** An error for the caller, in the envelope of {@link errorBody}. Each protocol has its own: {@link errorClass}. */
export class ProtocolError extends Error {
  readonly status: number;
  readonly error: ErrorCode;
  readonly hint: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    definition: ErrorDefinition,
    /** The stable machine code of the error, where it has one. */
    readonly reason: string | undefined,
    details: ErrorDetails = {},
  ) {
    super(details.description ?? definition.description, { cause: details.cause });
    this.status = definition.status;
    this.error = definition.error;
    this.hint = definition.hint;
    this.headers = details.headers ?? {};
  }
}

/** Makes the error class of a closed catalogue: an error has one of its reasons. */
export function errorClass<Reason extends string>(catalogue: Readonly<Record<Reason, ErrorDefinition>>) {
  return class extends ProtocolError {
    constructor(
      override readonly reason: Reason,
      details?: ErrorDetails,
    ) {
      super(catalogue[reason], reason, details);
    }
  };
}

export interface ErrorBody {
  readonly error: ErrorCode;
  readonly error_description: string;
  readonly reason?: string;
}

export function errorBody({ error, message, reason }: ProtocolError): ErrorBody {
  return { error, error_description: message, ...(reason === undefined ? {} : { reason }) };
}
