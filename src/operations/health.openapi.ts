import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags, type SchemaObject } from '@nestjs/swagger';
import { ApiRefusals, httpRefusals } from '../http/refusals.openapi';

const schema: SchemaObject = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string', enum: ['ok'] } },
};

const ok = ApiResponse({
  status: 200,
  description: 'It does',
  content: { 'application/json': { schema, example: { status: 'ok' } } },
});

export function DescribeLive(): MethodDecorator {
  return applyDecorators(
    ApiTags('Operations'),
    ApiOperation({ operationId: 'live', summary: 'Does the process run?' }),
    ok,
    ApiRefusals(),
  );
}

export function DescribeReady(): MethodDecorator {
  return applyDecorators(
    ApiTags('Operations'),
    ApiOperation({ operationId: 'ready', summary: 'Does the store answer, and is it prepared?' }),
    ok,
    ApiRefusals(httpRefusals('store_unavailable')),
  );
}
