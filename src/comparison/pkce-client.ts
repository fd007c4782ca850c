import { createHash } from 'node:crypto';
import { newId, newSecret } from '../credentials/secret';
import type { Stage } from './stage';
import type { WireRequest } from './wire';

// By hand, where @tessera/client plays the wallet's side: it would send the nonce of OpenID Connect besides, and the recorded
// login is to show what PKCE needs, and no more. The attacks alter these requests, and need the verifier.

/** What an application makes for one login, and keeps until the code comes back. Source: RFC 7636 §4.1, RFC 6749 §10.12. */
export interface PkceSecrets {
  readonly codeVerifier: string;
  readonly codeChallenge: string;
  readonly state: string;
}

export function newPkceSecrets({ credentials }: Pick<Stage, 'credentials'>): PkceSecrets {
  const codeVerifier = newSecret();
  credentials.learn(codeVerifier);
  // Computed here and not by the server's own rule: a client outside has none of our code. Source: RFC 7636 §4.2.
  const codeChallenge = createHash('sha256').update(codeVerifier, 'ascii').digest('base64url');
  return { codeVerifier, codeChallenge, state: newId() };
}

type Fields = Readonly<Record<string, string | undefined>>;

/** The authorization request of the victim's application; `changes` replaces parameters, or with undefined leaves one out. */
export function authorizeRequest({ clients }: Stage, secrets: PkceSecrets, changes: Fields = {}): WireRequest {
  const parameters = {
    response_type: 'code',
    client_id: clients.app.clientId,
    redirect_uri: clients.redirectUri,
    scope: 'openid',
    state: secrets.state,
    code_challenge: secrets.codeChallenge,
    code_challenge_method: 'S256',
    ...changes,
  };
  return { method: 'GET', path: `/authorize?${new URLSearchParams(present(parameters))}` };
}

/** The token request that redeems a code; `changes` as above. */
export function tokenRequest(
  { clients }: Stage,
  code: string,
  secrets: PkceSecrets,
  changes: Fields = {},
): WireRequest {
  const form = {
    grant_type: 'authorization_code',
    client_id: clients.app.clientId,
    code,
    redirect_uri: clients.redirectUri,
    code_verifier: secrets.codeVerifier,
    ...changes,
  };
  return { method: 'POST', path: '/token', form: present(form) };
}

/** The request to a protected resource. */
export function meRequest(accessToken: string): WireRequest {
  return { method: 'GET', path: '/api/me', headers: { authorization: `Bearer ${accessToken}` } };
}

function present(fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
