import * as z from 'zod';
import { dpopHeader, dpopRefusals } from '../../domain/tokens/dpop.openapi';
import { allRefusals, type Description, jsonAnswer, refusals } from '../../platform/http/description';
import { loginErrors } from '../login/login-error';
import { pushedRequestErrors } from './authorization-error';
import { authorizationRequest, documentRefusals, requestExample, requestRefusals } from './authorize.openapi';
import { clientAuthenticationFields, clientAuthenticationRefusals } from './client-authentication.openapi';
import { oauthErrors } from './oauth-error';

const { client_id: _clientId, ...credentials } = clientAuthenticationFields;
const pushed = z.object({
  request_uri: z
    .string()
    .describe('For `/authorize`, beside the client_id: opened by one browser, it becomes one code at most.'),
  expires_in: z.number().describe('Seconds in which a browser must open it.'),
});
export type PushedResponse = Readonly<z.infer<typeof pushed>>;

const example = {
  request_uri: 'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c6esc_11ACC5bwc01',
  expires_in: 60,
};

export const parOperation: Description = {
  tags: ['PKCE model'],
  operationId: 'pushRequest',
  summary: 'Send an authorization request ahead of the browser (RFC 9126)',
  description: 'Refuses what `/authorize` would refuse, also by redirect.',
  headers: dpopHeader,
  body: {
    schema: authorizationRequest.extend(credentials),
    examples: { request: { summary: 'a public client', value: requestExample } },
  },
  answers: { 201: jsonAnswer('The request is kept', pushed, example) },
  refusals: [
    ...clientAuthenticationRefusals,
    ...refusals(oauthErrors, 'request_uri_unsupported'),
    ...requestRefusals,
    ...allRefusals(pushedRequestErrors),
    ...documentRefusals,
    ...refusals(loginErrors, 'request_too_long'),
    // A DPoP proof is never required here.
    ...dpopRefusals.filter(({ name }) => name !== 'dpop_proof_missing'),
  ],
};
