import * as z from 'zod';
import { signingAlgorithms } from '../../platform/settings';
import { type Description, jsonAnswer } from '../../platform/http/description';

const list = z.array(z.string()).readonly();
const endpoint = z.url().optional();

const serverMetadata = z
  .object({
    issuer: z.url(),
    authorization_endpoint: z.url(),
    token_endpoint: z.url(),
    userinfo_endpoint: endpoint,
    revocation_endpoint: endpoint,
    pushed_authorization_request_endpoint: endpoint,
    introspection_endpoint: endpoint,
    end_session_endpoint: endpoint,
    registration_endpoint: endpoint,
    jwks_uri: z.url(),
    scopes_supported: list,
    response_types_supported: list,
    response_modes_supported: list,
    grant_types_supported: list,
    code_challenge_methods_supported: z.array(z.literal('S256')),
    token_endpoint_auth_methods_supported: list,
    token_endpoint_auth_signing_alg_values_supported: list,
    revocation_endpoint_auth_methods_supported: list,
    revocation_endpoint_auth_signing_alg_values_supported: list,
    introspection_endpoint_auth_methods_supported: list,
    introspection_endpoint_auth_signing_alg_values_supported: list,
    claims_supported: list,
    prompt_values_supported: list,
    acr_values_supported: list.optional().describe('Absent where passkeys are off.'),
    require_pushed_authorization_requests: z.boolean(),
    claims_parameter_supported: z.boolean(),
    request_parameter_supported: z.boolean(),
    request_uri_parameter_supported: z.boolean(),
    subject_types_supported: list,
    dpop_signing_alg_values_supported: list,
    id_token_signing_alg_values_supported: z.array(z.enum(signingAlgorithms)),
    authorization_response_iss_parameter_supported: z.boolean(),
    client_id_metadata_document_supported: z.boolean(),
    backchannel_logout_supported: z.boolean(),
    backchannel_logout_session_supported: z.boolean(),
  })
  .describe('RFC 8414 §2, OpenID Connect Discovery §3.');

export const openidConfigurationOperation: Description = {
  tags: ['Discovery'],
  operationId: 'openidConfiguration',
  summary: 'What this server can do',
  answers: { 200: jsonAnswer('Metadata', serverMetadata) },
};
export const authorizationServerOperation: Description = {
  ...openidConfigurationOperation,
  operationId: 'authorizationServer',
};
