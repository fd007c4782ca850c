import { formBody } from '../../platform/http/body.openapi';
import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals, type Refusal, refusals } from '../../platform/http/refusals.openapi';
import { loginErrors } from '../login/login-error';
import { dpopParameter, dpopRefusals } from '../../domain/tokens/dpop.openapi';
import { pushedRequestErrors } from './authorization-error';
import { requestExample, requestForm } from './authorize.openapi';
import { clientDocumentErrors } from '../registration/client-document-error';
import { oauthErrors } from './oauth-error';

const text = (description: string): SchemaObject => ({ type: 'string', description });

const form: SchemaObject = {
  ...requestForm,
  properties: {
    ...requestForm.properties,
    client_secret: text('With client_secret_post.'),
    client_assertion: text('With private_key_jwt (RFC 7523).'),
    client_assertion_type: {
      type: 'string',
      enum: ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      description: 'With private_key_jwt.',
    },
  },
};

const schema: SchemaObject = {
  type: 'object',
  required: ['request_uri', 'expires_in'],
  properties: {
    request_uri: text('For `/authorize`, beside the client_id: opened by one browser, it becomes one code at most.'),
    expires_in: { type: 'number', description: 'Seconds in which a browser must open it.' },
  },
};
const example = {
  request_uri: 'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c6esc_11ACC5bwc01',
  expires_in: 60,
};

const ofTheRequest: Refusal[] = Object.entries(pushedRequestErrors).map(([reason, definition]) => ({
  ...definition,
  name: reason,
  reason,
}));

export const parOperation: Operation = {
  tags: ['PKCE model'],
  operationId: 'pushRequest',
  summary: 'Send an authorization request ahead of the browser (RFC 9126)',
  description: 'Refuses what `/authorize` would refuse, also by redirect.',
  parameters: [dpopParameter],
  requestBody: formBody(form, { request: { summary: 'a public client', value: requestExample } }),
  responses: {
    201: { description: 'The request is kept', content: { 'application/json': { schema, example } } },
    ...errorResponses(
      refusals(
        oauthErrors,
        'parameter_repeated',
        'client_authentication_repeated',
        'client_authentication_failed',
        'request_uri_unsupported',
        'redirect_uri_unregistered',
        'state_required',
        'code_challenge_required',
        'code_challenge_method_unsupported',
        'code_challenge_malformed',
      ),
      ofTheRequest,
      refusals(clientDocumentErrors, 'client_document_unreachable', 'client_document_invalid'),
      refusals(loginErrors, 'request_too_long'),
      // Nobody needs a proof here.
      dpopRefusals.filter(({ name }) => name !== 'dpop_proof_missing'),
      httpRefusals('body_too_large', 'media_type_unsupported', 'rate_limited', 'store_unavailable'),
    ),
  },
};
