import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  None,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { FormBrowser } from './form-browser';
import type { Stage } from './stage';

/** A public first-party client. */
interface Spa {
  readonly clientId: string;
  readonly redirectUri: string;
}

interface EndUser {
  readonly username: string;
  readonly password: string;
}

/** A login with PKCE by openid-client, through the real login form. Returns the access token. */
export async function logInWithPkce(
  { url, wire, store, print }: Stage,
  { clientId, redirectUri }: Spa,
  endUser: EndUser,
): Promise<string> {
  print('\nThe client asks what the server can do');
  const client = await discovery(new URL(url), clientId, undefined, None(), {
    // The library insists on https; the demo's server is on this machine.
    execute: [allowInsecureRequests],
    [customFetch]: (target, { body, headers, method }) =>
      wire.fetch(target, { method, headers, ...(body !== undefined && { body: body as URLSearchParams }) }),
  });

  print('\nThe client makes a secret, and sends only its hash');
  const codeVerifier = randomPKCECodeVerifier();
  const state = randomState();
  await store.before();
  const authorization = buildAuthorizationUrl(client, {
    redirect_uri: redirectUri,
    scope: 'openid offline_access',
    state,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  const browser = new FormBrowser(wire);
  const toLogin = follow(await browser.open(authorization), url);

  print('\nThe end-user logs in');
  const page = await browser.open(toLogin);
  const loggedIn = await browser.submit(toLogin, await page.text(), { ...endUser });
  if (loggedIn.status === 401) throw new Error(`${endUser.username} could not log in; see --username`);
  const callback = follow(await browser.open(follow(loggedIn, url)), url);
  await store.after();

  print('\nThe client redeems the code with its secret');
  const tokens = await authorizationCodeGrant(client, callback, {
    pkceCodeVerifier: codeVerifier,
    expectedState: state,
  });
  await store.after();
  return tokens.access_token;
}

function follow(response: Response, base: string): URL {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`expected a redirect, got ${response.status}`);
  return new URL(location, base);
}
