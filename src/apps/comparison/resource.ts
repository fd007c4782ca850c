import type { WireRequest } from './wire';

/** The request to a protected resource with an access token. */
export function meRequest(accessToken: string): WireRequest {
  return { method: 'GET', path: '/api/me', headers: { authorization: `Bearer ${accessToken}` } };
}
