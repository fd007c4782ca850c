import { applyDecorators } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiOperation,
  ApiResponse,
  ApiTags,
  type SchemaObject,
} from '@nestjs/swagger';
import { ApiRefusals, httpRefusals, type Refusal, refusals } from '../http/refusals.openapi';
import { tokenErrors } from '../tokens/token-error';

const schema: SchemaObject = {
  type: 'object',
  required: ['sub'],
  properties: { sub: { type: 'string', description: 'A user id, or the CAIP-10 id of an account.' } },
};

export function DescribeUserinfo(): MethodDecorator {
  return describe('userinfo', httpRefusals('store_unavailable'));
}

/** The token may also stand in a form. Source: RFC 6750 §2.2. */
export function DescribeUserinfoByPost(): MethodDecorator {
  return applyDecorators(
    describe('userinfoByPost', [
      ...refusals(tokenErrors, 'access_token_repeated'),
      ...httpRefusals('body_too_large', 'media_type_unsupported', 'store_unavailable'),
    ]),
    ApiConsumes('application/x-www-form-urlencoded'),
    ApiBody({ required: false, schema: { type: 'object', properties: { access_token: { type: 'string' } } } }),
  );
}

function describe(operationId: string, refusedByHttp: readonly Refusal[]): MethodDecorator {
  return applyDecorators(
    ApiTags('Protected resource'),
    ApiOperation({
      operationId,
      summary: 'Claims about the person that a token stands for (OpenID Connect Core §5.3)',
    }),
    ApiBearerAuth(),
    ApiResponse({
      status: 200,
      description: 'The claims',
      content: { 'application/json': { schema, example: { sub: 'user0' } } },
    }),
    ApiRefusals(
      refusals(
        tokenErrors,
        'access_token_required',
        'access_token_invalid',
        'access_token_expired',
        'access_token_revoked',
        'scope_insufficient',
      ),
      refusedByHttp,
    ),
  );
}
