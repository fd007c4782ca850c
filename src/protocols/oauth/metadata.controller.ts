import { Controller, Inject } from '@nestjs/common';
import { ApiStore } from '../../domain/apis/api-store';
import { grantTypes } from '../../domain/clients/client';
import { scopes } from '../../domain/clients/scope';
import { CONFIG, type Config } from '../../platform/config';
import { Endpoint } from '../../platform/http/endpoint';
import { Endpoints } from '../../platform/http/endpoints';
import { userClaimNames } from '../../domain/identity/user-claims';
import { dpopAlgorithms } from '../../domain/tokens/dpop-proof';
import { KeyRing } from '../../domain/tokens/key-ring';
import { phr } from '../login/acr';
import { promptsOf } from './authorization-request';
import { clientAssertionAlgorithms, clientAuthenticationMethods } from './client-authentication';
import { authorizationServerOperation, openidConfigurationOperation } from './metadata.openapi';

const tokenClaims = [
  'sub',
  'iss',
  'aud',
  'exp',
  'iat',
  'auth_time',
  'nonce',
  'amr',
  'acr',
  'at_hash',
  'sid',
  'chain_id',
  'account_proof',
];

const publicDocument = { access: 'public', method: 'GET', cache: 'public, max-age=300', origins: 'all' } as const;

/** The server's metadata: lists only what works. Source: RFC 8414 §2, RFC 9449 §5.1, OpenID Connect Discovery §3. */
@Controller()
export class MetadataController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly endpoints: Endpoints,
    private readonly keys: KeyRing,
    private readonly apis: ApiStore,
  ) {}

  @Endpoint({ ...publicDocument, path: '/.well-known/openid-configuration', describe: openidConfigurationOperation })
  @Endpoint({
    ...publicDocument,
    path: '/.well-known/oauth-authorization-server',
    describe: authorizationServerOperation,
  })
  async metadata(): Promise<Record<string, unknown>> {
    const { issuer } = this.config;
    const ofApis = (await this.apis.listRecent()).flatMap((api) => api.scopes.map(({ name }) => name));
    return {
      issuer,
      ...this.endpointUrls(),
      scopes_supported: [...new Set<string>([...scopes, ...ofApis])],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: grantTypes,
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: clientAuthenticationMethods,
      token_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
      revocation_endpoint_auth_methods_supported: clientAuthenticationMethods,
      revocation_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
      introspection_endpoint_auth_methods_supported: clientAuthenticationMethods.filter((method) => method !== 'none'),
      introspection_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
      subject_types_supported: ['public'],
      dpop_signing_alg_values_supported: dpopAlgorithms,
      id_token_signing_alg_values_supported: this.keys.algorithms,
      claims_supported: [...tokenClaims, ...userClaimNames],
      require_pushed_authorization_requests: false,
      prompt_values_supported: [...promptsOf(this.config)],
      ...(this.config.rpId !== undefined && { acr_values_supported: [phr] }),
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: this.config.clientIdMetadataDocuments,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      claims_parameter_supported: false,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
    };
  }

  private endpointUrls(): Record<string, string> {
    const listed = this.endpoints.all().flatMap(({ declaration: { metadata, path } }) => {
      return metadata === undefined ? [] : [[metadata, `${this.config.issuer}${path}`] as const];
    });
    return Object.fromEntries(listed);
  }
}
