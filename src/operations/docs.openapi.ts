import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiRefusals } from '../http/refusals.openapi';

export function DescribeDocument(): MethodDecorator {
  return applyDecorators(
    ApiTags('Operations'),
    ApiOperation({ operationId: 'document', summary: 'This document (OpenAPI 3.1)' }),
    ApiResponse({
      status: 200,
      description: 'The document',
      content: { 'application/json': { schema: { type: 'object', required: ['openapi', 'info', 'paths'] } } },
    }),
    ApiRefusals(),
  );
}

export function DescribeDocumentPage(): MethodDecorator {
  return applyDecorators(
    ApiTags('Operations'),
    ApiOperation({ operationId: 'documentPage', summary: 'This document as a page' }),
    ApiResponse({ status: 200, description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } }),
    ApiRefusals(),
  );
}
