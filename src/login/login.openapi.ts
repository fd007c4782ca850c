import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags, type SchemaObject } from '@nestjs/swagger';
import { ApiFormBody } from '../http/body.openapi';
import { ApiRefusals, httpRefusals, refusals } from '../http/refusals.openapi';
import { loginErrors } from './login-error';

const page = { 'text/html': { schema: { type: 'string' } } };

const form: SchemaObject = {
  type: 'object',
  required: ['csrf', 'request', 'username', 'password'],
  properties: {
    csrf: { type: 'string', description: 'From the page.' },
    request: { type: 'string', description: 'From the page: the query of the interrupted authorization request.' },
    username: { type: 'string' },
    password: { type: 'string', format: 'password' },
  },
};

export function DescribeLoginPage(): MethodDecorator {
  return applyDecorators(
    ApiTags('Pages'),
    ApiOperation({
      operationId: 'loginPage',
      summary: 'The login page: a password form and a wallet button',
      description: 'Its query is that of the authorization request which the login interrupts.',
    }),
    ApiResponse({ status: 200, description: 'The page', content: page }),
    ApiRefusals(refusals(loginErrors, 'request_too_long'), httpRefusals('store_unavailable')),
  );
}

export function DescribeLogin(): MethodDecorator {
  const value = { csrf: 'from the page', request: '', username: 'user0', password: 'password0' };
  return applyDecorators(
    ApiTags('Pages'),
    ApiOperation({ operationId: 'login', summary: 'The password form' }),
    ApiFormBody(form, { password: { summary: 'a password', value } }),
    ApiResponse({
      status: 303,
      description: 'On to the interrupted authorization request, with a session',
      headers: { Location: { schema: { type: 'string' } } },
    }),
    ApiResponse({ status: 401, description: 'The form again: the username or the password is wrong', content: page }),
    ApiRefusals(
      refusals(loginErrors, 'csrf_invalid', 'parameter_repeated', 'request_too_long'),
      httpRefusals('body_too_large', 'media_type_unsupported', 'rate_limited', 'store_unavailable'),
    ),
  );
}
