import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { IssuedChallenge } from '../../src/wallet/challenge-issuer';
import type { TestService } from './service';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export function newAccount() {
  return privateKeyToAccount(generatePrivateKey());
}

export type Account = ReturnType<typeof newAccount>;

/** Posts JSON, or a text as it is. */
export async function post({ url }: Pick<TestService, 'url'>, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A challenge of the API for the account. */
export async function challengeFor(
  service: Pick<TestService, 'url'>,
  { address }: Pick<Account, 'address'>,
  asked: Readonly<Record<string, unknown>> = {},
): Promise<IssuedChallenge> {
  const { status, body } = await post(service, '/wallet/challenge', { address, ...asked });
  if (status !== 201) throw new Error(`challenge refused: ${JSON.stringify(body)}`);
  return body as unknown as IssuedChallenge;
}

/** A whole wallet login over HTTP. */
export async function signIn(service: TestService, account: Account, asked?: Readonly<Record<string, unknown>>) {
  const challenge = await challengeFor(service, account, asked);
  const signature = await account.signMessage({ message: challenge.message });
  const answer = await post(service, '/wallet/verify', { nonce: challenge.nonce, signature });
  return { challenge, signature, answer };
}

/** `/api/me` for the access token of an answer. */
export async function me({ url }: TestService, { body }: Answer): Promise<Response> {
  return fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${String(body['access_token'])}` } });
}
