import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, type ExamplesObject, type SchemaObject } from '@nestjs/swagger';

/** An endpoint that reads a form. */
export function ApiFormBody(schema: SchemaObject, examples: ExamplesObject): MethodDecorator {
  return applyDecorators(
    ApiConsumes('application/x-www-form-urlencoded'),
    ApiBody({ schema, examples, required: true }),
  );
}

/** An endpoint that reads JSON. */
export function ApiJsonBody(schema: SchemaObject, examples: ExamplesObject): MethodDecorator {
  return applyDecorators(ApiConsumes('application/json'), ApiBody({ schema, examples, required: true }));
}
