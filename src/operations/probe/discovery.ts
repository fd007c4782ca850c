import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import * as z from 'zod';
import type { HttpClient } from './http-client';
import { StepError, unexpected } from './step-error';

const metadataSchema = z.object({
  issuer: z.string(),
  jwks_uri: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  revocation_endpoint: z.url(),
  end_session_endpoint: z.url(),
});
const keysSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** What a client has to know of the server. */
export interface DiscoveredServer {
  readonly issuer: string;
  readonly keys: JWTVerifyGetKey;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly endSessionEndpoint: string;
}

/** Reads metadata and keys. Throws: {@link StepError}. Source: OpenID Connect Discovery §4. */
export async function discover(http: HttpClient): Promise<DiscoveredServer> {
  const answer = await http.send('/.well-known/openid-configuration');
  const metadata = metadataSchema.safeParse(answer.json).data;
  if (answer.status !== 200 || metadata === undefined) throw unexpected(answer, 'the metadata of the server');
  // Source: RFC 8414 §3.3.
  if (metadata.issuer !== http.issuer) throw new StepError('the issuer is another one than the URL that was given');
  const found = await http.send(metadata.jwks_uri);
  const keys = keysSchema.safeParse(found.json).data;
  if (found.status !== 200 || keys === undefined) throw unexpected(found, 'the keys of the server');
  return {
    issuer: metadata.issuer,
    keys: createLocalJWKSet(keys as JSONWebKeySet),
    authorizationEndpoint: metadata.authorization_endpoint,
    tokenEndpoint: metadata.token_endpoint,
    revocationEndpoint: metadata.revocation_endpoint,
    endSessionEndpoint: metadata.end_session_endpoint,
  };
}
