import type { SigningAlgorithm } from '../../platform/settings';
import type { Client } from './client';

/**
 * Signature algorithms of a FAPI 2.0 client; RSASSA-PKCS1-v1_5 is not allowed. Source: FAPI 2.0 Security Profile §5.4.1, RFC
 * 9864 §2.2.
 */
export const fapi2ClientAlgorithms = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** Seconds. Source: FAPI 2.0 Security Profile §5.3.2.1. */
export const fapi2CodeLifetime = 60;

/** True for a client whose registration asks for the FAPI 2.0 Security Profile. Source: docs/http-api.md, section PKCE model. */
export function isOfFapi2(
  client: Pick<Client, 'authentication' | 'requirePushedAuthorizationRequests' | 'dpopBoundAccessTokens'>,
): boolean {
  const { authentication, requirePushedAuthorizationRequests, dpopBoundAccessTokens } = client;
  return (
    authentication === 'private_key_jwt' &&
    requirePushedAuthorizationRequests === true &&
    dpopBoundAccessTokens === true
  );
}

/** Replaces an algorithm that the profile forbids. Source: FAPI 2.0 Security Profile §5.4.1. */
export function algorithmFor(client: Parameters<typeof isOfFapi2>[0], algorithm: SigningAlgorithm): SigningAlgorithm {
  return algorithm === 'RS256' && isOfFapi2(client) ? 'ES256' : algorithm;
}
