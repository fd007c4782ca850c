import type { AccessToken } from './access-token.ts';

const tokens = new WeakMap<object, AccessToken>();

/** Kept beside the request, not on it: code that reads or logs a request finds no claims there. */
export function keepAccessToken(request: object, accessToken: AccessToken): void {
  tokens.set(request, accessToken);
}

/** The access token that a guard has verified for this request. Throws: TypeError when the route has no guard. */
export function accessTokenOf(request: object): AccessToken {
  const accessToken = tokens.get(request);
  if (accessToken === undefined) throw new TypeError('no guard of @tessera/client stands before this route');
  return accessToken;
}
