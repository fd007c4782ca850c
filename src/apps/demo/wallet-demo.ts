import { createWalletLogin } from '@tessera/client/wallet';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { DemoContext } from './demo-context';

/** A login by the signature of a new Ethereum account, by @tessera/client. Returns the access token. */
export async function logInWithWallet(
  { url, wire, discovery, store, print }: DemoContext,
  clientId: string,
): Promise<string> {
  const account = privateKeyToAccount(generatePrivateKey());
  const login = createWalletLogin({
    issuer: url,
    clientId,
    scope: 'openid offline_access',
    // To show one model at a time: the verifier belongs to the other one.
    codeVerifier: false,
    discovery,
    fetch: (target, init) => wire.fetch(target, init),
  });

  print('\nThe client says which account wants to log in, and gets a message for it');
  await store.before();
  const { message } = await login.challenge(account);
  await store.after();

  print('\nThe wallet signs what the end-user reads');
  for (const line of message.split('\n')) print(`      | ${line}`);
  const signature = await account.signMessage({ message });

  print('\nThe client sends the signature');
  const { accessToken } = await login.verify({ message, signature });
  await store.after();
  return accessToken;
}
