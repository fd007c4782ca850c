import { createClient } from '@tessera/client';
import { BrowserSession } from '../browser/browser-session';
import { formAction, hiddenFields } from '../browser/page-form';
import type { DemoContext } from './demo-context';

/** A public first-party client. */
interface Spa {
  readonly clientId: string;
  readonly redirectUri: string;
}

interface EndUser {
  readonly username: string;
  readonly password: string;
}

/** A login with PKCE by @tessera/client, through the real login form. Returns the access token. */
export async function logInWithPkce(
  { url, wire, discovery, store, print }: DemoContext,
  { clientId, redirectUri }: Spa,
  endUser: EndUser,
): Promise<string> {
  const client = createClient({
    issuer: url,
    clientId,
    redirectUri,
    scope: 'openid offline_access',
    discovery,
    fetch: (target, init) => wire.fetch(target, init),
  });

  print('\nThe client asks what the server can do, and for the keys that it signs with');
  await discovery.metadata();
  // Before they are needed, so that the redemption is one request.
  await discovery.key(undefined, 'RS256');

  print('\nThe client makes a secret, and sends only its hash');
  await store.before();
  const browser = new BrowserSession(url, (target, init) => wire.fetch(target, init));
  const toLogin = follow(await browser.fetch(await client.begin()), url);

  print('\nThe end-user logs in');
  const page = await (await browser.fetch(toLogin)).text();
  const filledIn = { ...endUser, ...hiddenFields(page) };
  const loggedIn = await browser.postForm(new URL(formAction(page), toLogin), filledIn);
  if (loggedIn.status === 401) throw new Error(`${endUser.username} could not log in; see --username`);
  const callback = follow(await browser.fetch(follow(loggedIn, url)), url);
  await store.after();

  print('\nThe client redeems the code with its secret');
  const { tokens } = await client.finish(callback.href);
  await store.after();
  return tokens.accessToken;
}

function follow(response: Response, base: string): URL {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`expected a redirect, got ${response.status}`);
  return new URL(location, base);
}
