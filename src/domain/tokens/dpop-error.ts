import { errors, ProtocolError } from '../../platform/http/protocol-error';

const sentences = {
  dpop_proof_missing: 'A DPoP proof is required',
  dpop_proof_invalid: 'The DPoP proof is not valid for this request',
  dpop_proof_replayed: 'The DPoP proof was used before',
  dpop_key_mismatch: 'The DPoP proof is by another key',
};
const nonceMissing = { use_dpop_nonce: 'The DPoP proof needs the nonce of the header DPoP-Nonce' };

/** DPoP errors where tokens are issued, by reason. Source: RFC 9449 §5, §12.2. */
export const dpopErrors = errors(400, 'invalid_dpop_proof', sentences);

export type DpopErrorReason = keyof typeof dpopErrors;

/** DPoP errors at a protected resource, where a token without its key is invalid. Source: RFC 9449 §7.1. */
export const dpopResourceErrors = {
  ...errors(401, 'invalid_dpop_proof', sentences),
  ...errors(401, 'invalid_token', { dpop_key_mismatch: sentences.dpop_key_mismatch }),
};

/** A key-bound token used as a bearer token. Source: RFC 9449 §7.2. */
export const boundTokenErrors = errors(401, 'invalid_token', {
  dpop_proof_missing: 'The access token is bound to a key: show it by the scheme DPoP, with a proof',
});

/** Not a failure yet: the client retries with the nonce. It carries no reason. Source: RFC 9449 §8. */
export const dpopNonceErrors = errors(400, 'use_dpop_nonce', nonceMissing);

/** The same at a protected resource. Source: RFC 9449 §9. */
export const dpopResourceNonceErrors = errors(401, 'use_dpop_nonce', nonceMissing);

/** What is wrong with a proof; `use_dpop_nonce`: it lacks a nonce of ours. */
export type WrongProof = DpopErrorReason | keyof typeof dpopNonceErrors;

export class DpopError extends ProtocolError {
  constructor(readonly wrong: WrongProof) {
    super({ ...dpopErrors, ...dpopNonceErrors }[wrong], reasonOf(wrong));
  }
}

/** A DPoP error at a protected resource; `bearer`: see {@link boundTokenErrors}. */
export class DpopResourceError extends ProtocolError {
  /** `challenge`: the `WWW-Authenticate` value for this error code. */
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

/** The error for key-bound credentials in a request that proved the key `jkt`, or none. */
export function wrongKey(jkt: string | undefined): DpopError {
  return new DpopError(jkt === undefined ? 'dpop_proof_missing' : 'dpop_key_mismatch');
}

function reasonOf(wrong: WrongProof): DpopErrorReason | undefined {
  return wrong === 'use_dpop_nonce' ? undefined : wrong;
}
