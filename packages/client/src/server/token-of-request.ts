import type { AccessToken } from './access-token.ts';

const tokens = new WeakMap<object, AccessToken>();

/** Kept beside the request, not on it: nothing that reads or logs its members finds claims there. */
export function keepAccessToken(request: object, accessToken: AccessToken): void {
  tokens.set(request, accessToken);
}

/** The access token that a guard has verified for this request. Throws: TypeError where no guard stands before the route. */
export function accessTokenOf(request: object): AccessToken {
  const accessToken = tokens.get(request);
  if (accessToken === undefined) throw new TypeError('no guard of @tessera/client stands before this route');
  return accessToken;
}
