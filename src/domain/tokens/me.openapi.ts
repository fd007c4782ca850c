import * as z from 'zod';
import { type Description, refusals, optionalText } from '../../platform/http/description';
import { dpopHeader, dpopResourceRefusals } from './dpop.openapi';
import { tokenErrors } from './token-error';

const me = z.object({
  sub: z.string().describe('A user id, or the CAIP-10 id of an account.'),
  client_id: z.string(),
  scope: z.string(),
  amr: z.array(z.string()).readonly().describe('How the person proved themselves (RFC 8176).'),
  model: z.enum(['pkce', 'wallet', 'client']),
  address: optionalText('EIP-55; of a login by wallet.'),
});

export type Me = Readonly<z.infer<typeof me>>;

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

/** The errors of any protected resource of ours about an access token. */
export const accessTokenRefusals = [
  ...refusals(
    tokenErrors,
    'access_token_required',
    'access_token_invalid',
    'access_token_expired',
    'access_token_revoked',
  ),
  ...dpopResourceRefusals,
];

export const meOperation: Description = {
  tags: ['Protected resource'],
  operationId: 'me',
  summary: 'Tell whose token this is',
  headers: dpopHeader,
  answers: {
    200: { description: 'Whom the token stands for', content: { 'application/json': { schema: me, examples } } },
  },
  refusals: accessTokenRefusals,
};
