import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiRefusals } from '../http/refusals.openapi';

export function DescribeMetrics(): MethodDecorator {
  return applyDecorators(
    ApiTags('Operations'),
    ApiOperation({ operationId: 'metrics', summary: 'The figures of all workers, as Prometheus reads them' }),
    ApiResponse({ status: 200, description: 'Figures', content: { 'text/plain': { schema: { type: 'string' } } } }),
    ApiRefusals(),
  );
}
