import { describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

/**
 * The module of the plan `oidcc-config-certification-test-plan`, its conditions one by one. https of every URL is what
 * `ISSUER` in production says. Source: OpenID conformance suite, OIDCCDiscoveryEndpointVerification.java.
 */
describe('oidcc-discovery-endpoint-verification', () => {
  const service = fixture(() => startService('lmdb', { ISSUER: 'https://login.example.com' }));
  const response = fixture(() => fetch(`${service.url}/.well-known/openid-configuration`));
  const metadata = fixture(async () => (await response.json()) as Readonly<Record<string, unknown>>);

  const urls = () =>
    Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri' || name === 'issuer');

  it('EnsureDiscoveryEndpointResponseStatusCodeIs200, CheckDiscoveryEndpointReturnedJsonContentType: given the document, when it is fetched, then it is JSON', () => {
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json(?:;|$)/);
  });

  it('CheckDiscEndpointIssuer, CheckDiscEndpointAllEndpointsAreHttps: given its URLs, when they are read, then each is of the issuer', () => {
    expect(metadata['issuer']).toBe('https://login.example.com');
    for (const [name, url] of urls()) expect([name, new URL(String(url)).origin]).toEqual([name, metadata['issuer']]);
  });

  it.each([
    ['OIDCCCheckDiscEndpointResponseTypesSupported', 'response_types_supported', ['code']],
    ['CheckDiscEndpointSubjectTypesSupported', 'subject_types_supported', ['public']],
    ['OIDCCCheckDiscEndpointIdTokenSigningAlgValuesSupported', 'id_token_signing_alg_values_supported', ['RS256']],
    ['OIDCCCheckDiscEndpointGrantTypesSupported', 'grant_types_supported', ['authorization_code']],
    ['CheckDiscEndpointScopesSupportedContainsOpenId', 'scopes_supported', ['openid']],
    ['OIDCCCheckDiscEndpointClaimsSupported', 'claims_supported', ['sub', 'iss', 'auth_time', 'name', 'email']],
    ['EnsureServerConfigurationCodeChallengeMethodsSupportedIsAnArray', 'code_challenge_methods_supported', ['S256']],
    ['CheckDiscEndpointTokenEndpointAuthMethods', 'token_endpoint_auth_methods_supported', ['client_secret_basic']],
  ])('%s: given %s, when it is read, then it has %j', (_, name, values) => {
    expect(metadata[name]).toEqual(expect.arrayContaining(values));
    expect(new Set(metadata[name] as string[]).size).toBe((metadata[name] as string[]).length);
  });

  it('CheckDiscEndpointAuthorizationEndpoint, -TokenEndpoint, -UserinfoEndpoint, CheckJwksUri: given the document, when it is read, then it names them', () => {
    expect(metadata).toMatchObject({
      authorization_endpoint: expect.any(String),
      token_endpoint: expect.any(String),
      userinfo_endpoint: expect.any(String),
      jwks_uri: expect.any(String),
    });
  });

  it('CheckDiscEndpointRequestParameterSupported, -RequestUriParameterSupported, -ClaimsParameterSupported: given the document, when it is read, then it says of each that it is not', () => {
    expect(metadata).toMatchObject({
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
      claims_parameter_supported: false,
    });
  });

  it('CheckDiscEndpointScopesSupportedSyntax: given its scopes, when they are read, then each is a scope token', () => {
    for (const scope of metadata['scopes_supported'] as string[]) expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
  });
});
