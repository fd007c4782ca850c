import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals, type Refusal, refusals } from '../../platform/http/refusals.openapi';
import { dpopParameter, dpopResourceRefusals } from '../../domain/tokens/dpop.openapi';
import { tokenErrors } from '../../domain/tokens/token-error';

const schema: SchemaObject = {
  type: 'object',
  required: ['sub'],
  properties: {
    sub: { type: 'string', description: 'A user id, or the CAIP-10 id of an account.' },
    name: {
      type: 'string',
      description: 'With the scope profile, as are the next three; each as far as the user has it.',
    },
    preferred_username: { type: 'string' },
    picture: { type: 'string', format: 'uri' },
    updated_at: { type: 'integer', description: 'Seconds since the epoch.' },
    email: { type: 'string', description: 'With the scope email, as is the next.' },
    email_verified: { type: 'boolean' },
  },
  additionalProperties: false,
};

export const userinfoOperation: Operation = describe('userinfo', httpRefusals('store_unavailable'));

/** The token may also stand in a form. Source: RFC 6750 §2.2. */
export const userinfoByPostOperation: Operation = {
  ...describe('userinfoByPost', [
    ...refusals(tokenErrors, 'access_token_repeated'),
    ...httpRefusals('body_too_large', 'media_type_unsupported', 'store_unavailable'),
  ]),
  requestBody: {
    required: false,
    content: {
      'application/x-www-form-urlencoded': {
        schema: { type: 'object', properties: { access_token: { type: 'string' } } },
      },
    },
  },
};

function describe(operationId: string, refusedByHttp: readonly Refusal[]): Operation {
  return {
    tags: ['Protected resource'],
    operationId,
    summary: 'Claims about the person that a token stands for (OpenID Connect Core §5.3)',
    parameters: [dpopParameter],
    responses: {
      200: {
        description: 'The claims',
        content: { 'application/json': { schema, example: { sub: 'user0', preferred_username: 'user0' } } },
      },
      ...errorResponses(
        refusals(
          tokenErrors,
          'access_token_required',
          'access_token_invalid',
          'access_token_expired',
          'access_token_revoked',
          'scope_insufficient',
        ),
        dpopResourceRefusals,
        refusedByHttp,
      ),
    },
  };
}
