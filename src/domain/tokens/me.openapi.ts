import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { dpopParameter, dpopResourceRefusals } from './dpop.openapi';
import { tokenErrors } from './token-error';

const schema: SchemaObject = {
  type: 'object',
  required: ['sub', 'client_id', 'scope', 'amr', 'model'],
  properties: {
    sub: { type: 'string', description: 'A user id, or the CAIP-10 id of an account.' },
    client_id: { type: 'string' },
    scope: { type: 'string' },
    amr: { type: 'array', items: { type: 'string' }, description: 'How the person proved themselves (RFC 8176).' },
    model: { type: 'string', enum: ['pkce', 'wallet'] },
    address: { type: 'string', description: 'EIP-55; of a login by wallet.' },
  },
  additionalProperties: false,
};

const user = { sub: 'user0', client_id: 'demo-spa', scope: 'openid', amr: ['pwd'], model: 'pkce' };
const account = {
  sub: 'eip155:1:0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
  client_id: 'demo-dapp',
  scope: '',
  amr: ['pop'],
  model: 'wallet',
  address: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
};
const examples = {
  pkce: { summary: 'a login by password', value: user },
  wallet: { summary: 'a login by wallet', value: account },
};

export const meOperation: Operation = {
  tags: ['Protected resource'],
  operationId: 'me',
  summary: 'Tell whose token this is',
  parameters: [dpopParameter],
  responses: {
    200: { description: 'Whom the token stands for', content: { 'application/json': { schema, examples } } },
    ...errorResponses(
      refusals(
        tokenErrors,
        'access_token_required',
        'access_token_invalid',
        'access_token_expired',
        'access_token_revoked',
      ),
      dpopResourceRefusals,
      httpRefusals('store_unavailable'),
    ),
  },
};
