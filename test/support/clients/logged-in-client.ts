import { type Client, type ClientOptions, createClient, type TokenSet } from '@tessera/client';
import { createWalletLogin, type WalletLoginOptions, type WalletTokens } from '@tessera/client/wallet';
import type { BrowserSession } from './browser-session';
import { type Reachable, redirectUri } from './pkce-login';
import type { Account } from './wallet';

/** A client that the end-user of the browser has logged in to, and what it got; demo-spa unless `options` name another. */
export async function logIn(
  { url }: Reachable,
  browser: BrowserSession,
  options: Partial<ClientOptions> = {},
): Promise<{ readonly client: Client; readonly tokens: TokenSet }> {
  const client = createClient({ issuer: url, clientId: 'demo-spa', redirectUri, ...options });
  const answer = await browser.fetch(await client.begin());
  const { tokens } = await client.finish(answer.headers.get('location') ?? '');
  return { client, tokens };
}

/** The tokens of a login by the account's signature; at demo-dapp unless `options` name another client. */
export function logInByWallet(
  { url }: Reachable,
  account: Account,
  options: Partial<WalletLoginOptions> = {},
): Promise<WalletTokens> {
  return createWalletLogin({ issuer: url, clientId: 'demo-dapp', ...options }).signIn(account);
}
