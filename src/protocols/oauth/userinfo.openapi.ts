import * as z from 'zod';
import { type Description, jsonAnswer, refusals } from '../../platform/http/description';
import { userClaims } from '../../domain/identity/user-claims';
import { dpopHeader } from '../../domain/tokens/dpop.openapi';
import { accessTokenRefusals } from '../../domain/tokens/me.openapi';
import { tokenErrors } from '../../domain/tokens/token-error';

const claims = z.object({
  sub: z.string().describe('A user id, or the CAIP-10 id of an account.'),
  ...userClaims.shape,
});

export const userinfoOperation: Description = {
  tags: ['Protected resource'],
  operationId: 'userinfo',
  summary: 'Claims about the person that a token stands for (OpenID Connect Core §5.3)',
  headers: dpopHeader,
  answers: { 200: jsonAnswer('The claims', claims, { sub: 'user0', preferred_username: 'user0' }) },
  refusals: [...accessTokenRefusals, ...refusals(tokenErrors, 'scope_insufficient')],
};

/** The token may also be in a form. Source: RFC 6750 §2.2. */
export const userinfoByPostOperation: Description = {
  ...userinfoOperation,
  operationId: 'userinfoByPost',
  body: { optional: true, schema: z.object({ access_token: z.string().optional() }) },
  refusals: [...(userinfoOperation.refusals ?? []), ...refusals(tokenErrors, 'access_token_repeated')],
};
