import { Controller, Get, Header, Inject } from '@nestjs/common';
import { scopes } from '../clients/scope';
import { CONFIG, type Config } from '../config';
import { KeyRing } from '../tokens/key-ring';
import { prompts } from './authorization-request';
import { clientAssertionAlgorithms, clientAuthenticationMethods } from './client-authentication';
import { grantTypes } from './token.controller';
import { DescribeMetadata } from './metadata.openapi';

/** What this server can do; it lists only what works. Source: RFC 8414 §2, OpenID Connect Discovery §3. */
@Controller('.well-known')
export class MetadataController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly keys: KeyRing,
  ) {}

  @Get(['openid-configuration', 'oauth-authorization-server'])
  @DescribeMetadata()
  @Header('cache-control', 'public, max-age=300')
  metadata(): Record<string, unknown> {
    const { issuer } = this.config;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      scopes_supported: scopes,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: grantTypes,
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: clientAuthenticationMethods,
      token_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: this.keys.algorithms,
      claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'amr', 'at_hash', 'chain_id'],
      prompt_values_supported: [...prompts],
      authorization_response_iss_parameter_supported: true,
      claims_parameter_supported: false,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
    };
  }
}
