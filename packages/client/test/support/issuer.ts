import type { RequestListener } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { serveLocally } from '../../../../test/support/run/local-server.ts';

/** A server that serves the metadata and keys of an issuer, and signs what a test wants signed: with jose. */
export interface TestIssuer {
  readonly url: string;
  /** Alters what it serves. */
  metadata: Record<string, unknown>;
  keys: object[];
  /** Of the answer with the keys: `Cache-Control`, for example. */
  headers: Record<string, string>;
  /** Whether it answers 503 to whoever asks for the keys. */
  isFailing: boolean;
  /** The paths that were asked for. */
  readonly asked: string[];
  sign(
    claims: JWTPayload,
    header?: { readonly alg?: string; readonly kid?: string; readonly typ?: string },
  ): Promise<string>;
  stop(): Promise<void>;
}

export async function startIssuer(alg = 'RS256'): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg, use: 'sig' };
  const asked: string[] = [];
  const listener: RequestListener = ({ url: path = '/' }, response) => {
    asked.push(path);
    const body = path === '/jwks' ? { keys: issuer.keys } : issuer.metadata;
    const status = path === '/jwks' && issuer.isFailing ? 503 : 200;
    const headers = { 'content-type': 'application/json', ...(path === '/jwks' && issuer.headers) };
    response.writeHead(status, headers).end(JSON.stringify(body));
  };
  const { url, close } = await serveLocally(listener, { host: 'localhost' });
  const issuer: TestIssuer = {
    url,
    asked,
    keys: [jwk],
    headers: {},
    isFailing: false,
    metadata: {
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      jwks_uri: `${url}/jwks`,
    },
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid: 'one', ...header }).sign(privateKey),
    stop: close,
  };
  return issuer;
}
