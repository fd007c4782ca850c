import { type ErrorDefinition, ProtocolError } from '../../platform/http/protocol-error';

const missing = 'A DPoP proof is required';
const invalid = 'The DPoP proof is not valid for this request';
const replayed = 'The DPoP proof was used before';
const mismatch = 'The DPoP proof is by another key';
const nonceMissing = 'The DPoP proof needs the nonce of the header DPoP-Nonce';

/** Error responses about DPoP proofs where tokens are issued, by their reason. Source: RFC 9449 §5, §12.2. */
export const dpopErrors = {
  dpop_proof_missing: { status: 400, error: 'invalid_dpop_proof', description: missing },
  dpop_proof_invalid: { status: 400, error: 'invalid_dpop_proof', description: invalid },
  dpop_proof_replayed: { status: 400, error: 'invalid_dpop_proof', description: replayed },
  dpop_key_mismatch: { status: 400, error: 'invalid_dpop_proof', description: mismatch },
} as const satisfies Record<string, ErrorDefinition>;

export type DpopErrorReason = keyof typeof dpopErrors;

/** The same at a protected resource, where a token without its key is no valid one. Source: RFC 9449 §7.1. */
export const dpopResourceErrors = {
  dpop_proof_missing: { status: 401, error: 'invalid_dpop_proof', description: missing },
  dpop_proof_invalid: { status: 401, error: 'invalid_dpop_proof', description: invalid },
  dpop_proof_replayed: { status: 401, error: 'invalid_dpop_proof', description: replayed },
  dpop_key_mismatch: { status: 401, error: 'invalid_token', description: mismatch },
} as const satisfies Record<DpopErrorReason, ErrorDefinition>;

/** A token that is bound to a key, shown as any bearer's. Source: RFC 9449 §7.2. */
export const boundTokenErrors = {
  dpop_proof_missing: {
    status: 401,
    error: 'invalid_token',
    description: 'The access token is bound to a key: show it by the scheme DPoP, with a proof',
  },
} as const satisfies Partial<Record<DpopErrorReason, ErrorDefinition>>;

/** Nothing is wrong yet: the client sends another proof, with the nonce. It carries no reason. Source: RFC 9449 §8. */
export const dpopNonceErrors = {
  use_dpop_nonce: { status: 400, error: 'use_dpop_nonce', description: nonceMissing },
} as const satisfies Record<string, ErrorDefinition>;

/** The same at a protected resource. Source: RFC 9449 §9. */
export const dpopResourceNonceErrors = {
  use_dpop_nonce: { status: 401, error: 'use_dpop_nonce', description: nonceMissing },
} as const satisfies Record<keyof typeof dpopNonceErrors, ErrorDefinition>;

/** What is wrong with a proof; `use_dpop_nonce`: it lacks a nonce of ours. */
export type WrongProof = DpopErrorReason | keyof typeof dpopNonceErrors;

export class DpopError extends ProtocolError {
  constructor(readonly wrong: WrongProof) {
    super({ ...dpopErrors, ...dpopNonceErrors }[wrong], reasonOf(wrong));
  }
}

/** The same at a protected resource; `bearer`: see {@link boundTokenErrors}. */
export class DpopResourceError extends ProtocolError {
  /** `challenge`: the header `WWW-Authenticate` that names this error code. */
  constructor(wrong: WrongProof | 'bearer', challenge: (error: string) => string) {
    const definition = resourceDefinitions[wrong];
    const reason = wrong === 'bearer' ? 'dpop_proof_missing' : reasonOf(wrong);
    super(definition, reason, { headers: { 'www-authenticate': challenge(definition.error) } });
  }
}

const resourceDefinitions = {
  ...dpopResourceErrors,
  ...dpopResourceNonceErrors,
  bearer: boundTokenErrors.dpop_proof_missing,
};

/** Why what is bound to a key is refused to a request that has proven the key `jkt`, or none. */
export function wrongKey(jkt: string | undefined): DpopError {
  return new DpopError(jkt === undefined ? 'dpop_proof_missing' : 'dpop_key_mismatch');
}

function reasonOf(wrong: WrongProof): DpopErrorReason | undefined {
  return wrong === 'use_dpop_nonce' ? undefined : wrong;
}
