import type { Client } from '../../domain/clients/client';
import { isRegisteredRedirectUri } from '../../domain/clients/redirect-uri';
import type { Parameters } from '../../platform/http/parameters';
import type { IdTokenClaims } from '../../domain/tokens/id-tokens';
import { LoginError } from './login-error';

/** A valid request to log out. */
export interface LogoutRequest {
  /** The client, if the request names one. */
  readonly client: Client | undefined;
  /** The claims of its ID token. */
  readonly hint: IdTokenClaims | undefined;
  /** Where the browser goes afterwards, with `state`. */
  readonly location: string | undefined;
}

/**
 * Checks a request in the order of docs/http-api.md. A hint that is not ours counts as absent: its key may have been rotated
 * out. Throws: {@link LoginError}. Source: OpenID Connect RP-Initiated Logout 1.0 §2, §3.
 */
export async function checkLogoutRequest(
  parameters: Parameters,
  readHint: (token: string) => Promise<IdTokenClaims | undefined>,
  findClient: (clientId: string) => Client | undefined | Promise<Client | undefined>,
): Promise<LogoutRequest> {
  if (parameters.hasRepeated()) throw new LoginError('parameter_repeated');
  const idToken = parameters.get('id_token_hint');
  const hint = idToken === undefined ? undefined : await readHint(idToken);
  const named = parameters.get('client_id');
  const clientId = named ?? hint?.aud;
  if (hint !== undefined && hint.aud !== clientId) throw new LoginError('id_token_hint_mismatch');
  const client = clientId === undefined ? undefined : await findClient(clientId);
  // The client of an ID token may have been removed since: its end-users must still be able to log out.
  if (named !== undefined && client === undefined) throw new LoginError('client_unknown');
  const redirectUri = parameters.get('post_logout_redirect_uri');
  if (redirectUri === undefined) return { client, hint, location: undefined };
  const { authentication = 'none', postLogoutRedirectUris = [] } = client ?? {};
  if (!isRegisteredRedirectUri(redirectUri, { authentication, redirectUris: postLogoutRedirectUris })) {
    throw new LoginError('post_logout_redirect_uri_unregistered');
  }
  return { client, hint, location: withState(redirectUri, parameters.get('state')) };
}

function withState(redirectUri: string, state: string | undefined): string {
  if (state === undefined) return redirectUri;
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}state=${encodeURIComponent(state)}`;
}
