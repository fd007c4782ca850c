import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiRefusals } from '../../http/refusals.openapi';

export function DescribeHome(): MethodDecorator {
  return describePage('home', 'The page that explains both models, runs them and compares them');
}

export function DescribeSpaCallback(): MethodDecorator {
  return describePage('spaCallback', 'Where a login of demo-spa comes back to');
}

export function DescribeWebCallback(): MethodDecorator {
  return describePage('webCallback', 'Where a login of demo-client comes back to');
}

function describePage(operationId: string, summary: string): MethodDecorator {
  return applyDecorators(
    ApiTags('Pages'),
    ApiOperation({ operationId, summary }),
    ApiResponse({ status: 200, description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } }),
    ApiRefusals(),
  );
}
