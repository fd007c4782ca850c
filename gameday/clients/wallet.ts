import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import * as z from 'zod';
import { anyAddress, type Answer, askJson, Refused } from './answer';

export type Account = ReturnType<typeof privateKeyToAccount>;

export function newAccount(): Account {
  return privateKeyToAccount(generatePrivateKey());
}

/** A challenge that was answered, and whose it is. */
export interface Challenge {
  readonly account: Account;
  readonly clientId: string;
  readonly nonce: string;
  readonly message: string;
}

const issued = z.object({ nonce: z.string(), message: z.string() });

/** A challenge for a wallet. Throws: {@link Refused}. */
export async function requestChallenge(
  url: string,
  clientId: string,
  account: Account,
  scope = 'openid',
): Promise<Challenge> {
  const answer = await askJson(`${url}/wallet/challenge`, anyAddress(), { address: account.address, clientId, scope });
  if (answer.status !== 201) throw new Refused('challenge', answer);
  return { account, clientId, ...issued.parse(answer.body) };
}

/** Signs a message, by default that of the challenge, and sends the signature. */
export async function verifyChallenge(
  url: string,
  { account, nonce, message }: Challenge,
  { signed = message, address = anyAddress() }: { signed?: string; address?: string } = {},
): Promise<Answer> {
  const signature = await account.signMessage({ message: signed });
  return askJson(`${url}/wallet/verify`, address, { nonce, signature });
}
