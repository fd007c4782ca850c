/**
 * Error codes of a protected resource. `access_denied` is for what no other token would help with: after `insufficient_scope` a
 * client asks for one. Source: RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470 §3.
 */
export type ResourceErrorCode =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'access_denied'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'temporarily_unavailable';

/** The error response of a reason. */
export interface ResourceErrorDefinition {
  readonly status: 400 | 401 | 403 | 429 | 503;
  readonly code: ResourceErrorCode;
  readonly description: string;
}

/** By stable reason; shared ones are named as at the authorization server. */
export const resourceErrors = {
  access_token_required: { status: 401, code: 'invalid_token', description: 'An access token is required' },
  access_token_repeated: {
    status: 400,
    code: 'invalid_request',
    description: 'Show the access token in one place',
  },
  access_token_invalid: { status: 401, code: 'invalid_token', description: 'The access token is not valid' },
  access_token_expired: { status: 401, code: 'invalid_token', description: 'The access token expired' },
  access_token_revoked: { status: 401, code: 'invalid_token', description: 'The access token was revoked' },
  scope_insufficient: {
    status: 403,
    code: 'insufficient_scope',
    description: 'The access token does not have the scope that this needs',
  },
  acr_insufficient: {
    status: 401,
    code: 'insufficient_user_authentication',
    description: 'A different authentication level is required',
  },
  login_too_old: {
    status: 401,
    code: 'insufficient_user_authentication',
    description: 'More recent authentication is required',
  },
  request_not_allowed: {
    status: 403,
    code: 'access_denied',
    description: 'The access token does not allow this request',
  },
  dpop_required: {
    status: 401,
    code: 'invalid_token',
    description: 'Show the access token by the scheme DPoP, with a proof',
  },
  dpop_proof_missing: { status: 401, code: 'invalid_dpop_proof', description: 'A DPoP proof is required' },
  dpop_proof_invalid: {
    status: 401,
    code: 'invalid_dpop_proof',
    description: 'The DPoP proof is not valid for this request',
  },
  dpop_proof_replayed: {
    status: 401,
    code: 'invalid_dpop_proof',
    description: 'The DPoP proof was used before',
  },
  dpop_key_mismatch: { status: 401, code: 'invalid_token', description: 'The DPoP proof is by another key' },
  dpop_nonce_required: {
    status: 401,
    code: 'use_dpop_nonce',
    description: 'The DPoP proof needs the nonce of the header DPoP-Nonce',
  },
  dpop_proofs_exhausted: {
    status: 429,
    code: 'temporarily_unavailable',
    description: 'Too many requests by this key; send it again later',
  },
  authorization_server_unavailable: {
    status: 503,
    code: 'temporarily_unavailable',
    description: 'The access token cannot be verified at the moment',
  },
} as const satisfies Record<string, ResourceErrorDefinition>;

/** Stable, for programs: the `reason` of the response. */
export type ResourceErrorReason = keyof typeof resourceErrors;

/**
 * Why a request is refused. `headers` are those of the response, including `WWW-Authenticate`; they quote nothing that was
 * sent. Express, Fastify and NestJS read `status`, `statusCode`, `headers` and `expose`.
 */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';
  readonly reason: ResourceErrorReason;
  readonly code: ResourceErrorCode;
  readonly status: ResourceErrorDefinition['status'];
  readonly statusCode: ResourceErrorDefinition['status'];
  readonly headers: Readonly<Record<string, string>>;
  readonly expose = true;

  constructor(
    reason: ResourceErrorReason,
    { headers = {}, cause }: { readonly headers?: Readonly<Record<string, string>>; readonly cause?: unknown } = {},
  ) {
    const { status, code, description } = resourceErrors[reason];
    super(description, cause === undefined ? {} : { cause });
    this.reason = reason;
    this.code = code;
    this.status = status;
    this.statusCode = status;
    this.headers = {
      'cache-control': 'no-store',
      ...(status >= 429 && { 'retry-after': '5' }),
      ...headers,
    };
  }

  /** The JSON body of the response. */
  get body(): { readonly error: ResourceErrorCode; readonly error_description: string; readonly reason: string } {
    return { error: this.code, error_description: this.message, reason: this.reason };
  }

  /** The response, for servers on the Fetch standard. */
  toResponse(): Response {
    return Response.json(this.body, { status: this.statusCode, headers: this.headers });
  }
}
