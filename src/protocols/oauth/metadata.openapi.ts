import { signingAlgorithms } from '../../platform/config';
import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals } from '../../platform/http/refusals.openapi';

const uri: SchemaObject = { type: 'string', format: 'uri' };
const list: SchemaObject = { type: 'array', items: { type: 'string' } };

const schema: SchemaObject = {
  type: 'object',
  description: 'RFC 8414 §2, OpenID Connect Discovery §3.',
  required: [
    'issuer',
    'authorization_endpoint',
    'token_endpoint',
    'jwks_uri',
    'response_types_supported',
    'subject_types_supported',
    'id_token_signing_alg_values_supported',
    'code_challenge_methods_supported',
  ],
  properties: {
    issuer: uri,
    authorization_endpoint: uri,
    token_endpoint: uri,
    userinfo_endpoint: uri,
    revocation_endpoint: uri,
    pushed_authorization_request_endpoint: uri,
    introspection_endpoint: uri,
    end_session_endpoint: uri,
    registration_endpoint: uri,
    jwks_uri: uri,
    scopes_supported: list,
    response_types_supported: list,
    response_modes_supported: list,
    grant_types_supported: list,
    code_challenge_methods_supported: { type: 'array', items: { type: 'string', enum: ['S256'] } },
    token_endpoint_auth_methods_supported: list,
    token_endpoint_auth_signing_alg_values_supported: list,
    revocation_endpoint_auth_methods_supported: list,
    revocation_endpoint_auth_signing_alg_values_supported: list,
    introspection_endpoint_auth_methods_supported: list,
    introspection_endpoint_auth_signing_alg_values_supported: list,
    claims_supported: list,
    prompt_values_supported: list,
    require_pushed_authorization_requests: { type: 'boolean' },
    claims_parameter_supported: { type: 'boolean' },
    request_parameter_supported: { type: 'boolean' },
    request_uri_parameter_supported: { type: 'boolean' },
    subject_types_supported: list,
    dpop_signing_alg_values_supported: list,
    id_token_signing_alg_values_supported: { type: 'array', items: { type: 'string', enum: [...signingAlgorithms] } },
    authorization_response_iss_parameter_supported: { type: 'boolean' },
    client_id_metadata_document_supported: { type: 'boolean' },
    backchannel_logout_supported: { type: 'boolean' },
    backchannel_logout_session_supported: { type: 'boolean' },
  },
};

const issuer = 'http://localhost:3000';
const example = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/.well-known/jwks.json`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
};

export const openidConfigurationOperation = describe('openidConfiguration');
export const authorizationServerOperation = describe('authorizationServer');

function describe(operationId: string): Operation {
  return {
    tags: ['Discovery'],
    operationId,
    summary: 'What this server can do',
    responses: {
      200: { description: 'Metadata', content: { 'application/json': { schema, example } } },
      ...errorResponses(httpRefusals('store_unavailable')),
    },
  };
}
