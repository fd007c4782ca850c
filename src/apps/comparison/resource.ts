import type { WireRequest } from './wire';

/** The request to a protected resource, by whoever has the access token. */
export function meRequest(accessToken: string): WireRequest {
  return { method: 'GET', path: '/api/me', headers: { authorization: `Bearer ${accessToken}` } };
}
