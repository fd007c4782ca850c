import * as z from 'zod';
import { allRefusals, type Refusal, refusals } from '../../platform/http/description';
import {
  boundTokenErrors,
  dpopErrors,
  dpopNonceErrors,
  dpopResourceErrors,
  dpopResourceNonceErrors,
} from './dpop-error';

/** The DPoP proof of a request. Source: RFC 9449 §4.1. */
export const dpopHeader = z.object({
  DPoP: z
    .string()
    .max(4_096)
    .optional()
    .describe('A proof of the key that tokens are bound to: a JWT of type dpop+jwt, of a new jti each.'),
});

/** DPoP errors where tokens are issued. */
export const dpopRefusals: readonly Refusal[] = [
  ...refusals(dpopErrors, 'dpop_proof_missing', 'dpop_proof_invalid', 'dpop_proof_replayed', 'dpop_key_mismatch'),
  ...withoutReason(allRefusals(dpopNonceErrors)),
];

/** DPoP errors at a protected resource. */
export const dpopResourceRefusals: readonly Refusal[] = [
  ...allRefusals(dpopResourceErrors),
  ...allRefusals(boundTokenErrors).map((each) => ({ ...each, name: 'bound_token_as_bearer' })),
  ...withoutReason(allRefusals(dpopResourceNonceErrors)),
];

function withoutReason(list: readonly Refusal[]): Refusal[] {
  return list.map((each) => ({ ...each, reason: undefined }));
}
