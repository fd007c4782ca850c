import type { ParameterObject } from '../../platform/http/openapi';
import { type Refusal, refusals } from '../../platform/http/refusals.openapi';
import {
  boundTokenErrors,
  dpopErrors,
  dpopNonceErrors,
  dpopResourceErrors,
  dpopResourceNonceErrors,
} from './dpop-error';

/** The proof that a request brings. Source: RFC 9449 §4.1. */
export const dpopParameter: ParameterObject = {
  name: 'DPoP',
  in: 'header',
  required: false,
  description: 'A proof of the key that tokens are bound to: a JWT of type dpop+jwt, of a new jti each.',
  schema: { type: 'string', maxLength: 4_096 },
};

/** What a proof is refused with where tokens are issued. */
export const dpopRefusals: readonly Refusal[] = [
  ...refusals(dpopErrors, 'dpop_proof_missing', 'dpop_proof_invalid', 'dpop_proof_replayed', 'dpop_key_mismatch'),
  ...withoutReason(refusals(dpopNonceErrors, 'use_dpop_nonce')),
];

/** What a proof, or a token without one, is refused with at a protected resource. */
export const dpopResourceRefusals: readonly Refusal[] = [
  ...refusals(
    dpopResourceErrors,
    'dpop_proof_missing',
    'dpop_proof_invalid',
    'dpop_proof_replayed',
    'dpop_key_mismatch',
  ),
  ...refusals(boundTokenErrors, 'dpop_proof_missing').map((each) => ({ ...each, name: 'bound_token_as_bearer' })),
  ...withoutReason(refusals(dpopResourceNonceErrors, 'use_dpop_nonce')),
];

function withoutReason(list: readonly Refusal[]): Refusal[] {
  return list.map((each) => ({ ...each, reason: undefined }));
}
