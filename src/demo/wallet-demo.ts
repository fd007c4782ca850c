import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import * as z from 'zod';
import type { Stage } from './stage';

const challengeSchema = z.object({ nonce: z.string(), message: z.string() });
const tokensSchema = z.object({ access_token: z.string() });

/** A login by the signature of a new Ethereum account. Returns the access token. */
export async function logInWithWallet({ url, wire, store, print }: Stage, clientId: string): Promise<string> {
  const account = privateKeyToAccount(generatePrivateKey());
  const post = async (path: string, body: Readonly<Record<string, unknown>>) => {
    const headers = { 'content-type': 'application/json' };
    const response = await wire.fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  };

  print('\nThe client says which account wants to log in, and gets a message for it');
  await store.before();
  const asked = { address: account.address, clientId, scope: 'openid offline_access' };
  const { nonce, message } = challengeSchema.parse(await post('/wallet/challenge', asked));
  await store.after();

  print('\nThe wallet signs what the end-user reads');
  for (const line of message.split('\n')) print(`      | ${line}`);
  const signature = await account.signMessage({ message });

  print('\nThe client sends the signature');
  const tokens = tokensSchema.parse(await post('/wallet/verify', { nonce, signature }));
  await store.after();
  return tokens.access_token;
}
