import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';
import type { IssuedChallenge } from '../../../src/protocols/wallet/issued-challenge.openapi';
import type { IssuedNonce } from '../../../src/protocols/wallet/wallet.openapi';
import type { TestService } from '../service/service';

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
export async function post(
  { url }: Pick<TestService, 'url'>,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
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

/** A nonce for a message of the wallet's own. */
export async function nonceFor(
  service: Pick<TestService, 'url'>,
  asked: Readonly<Record<string, unknown>>,
): Promise<IssuedNonce> {
  const { status, body } = await post(service, '/wallet/nonce', asked);
  if (status !== 201) throw new Error(`nonce refused: ${JSON.stringify(body)}`);
  return body as unknown as IssuedNonce;
}

type Said = Partial<Parameters<typeof createSiweMessage>[0]>;

/** The message that a wallet writes with a nonce: what was handed out, and what the wallet says otherwise. */
export function writtenMessage(
  { nonce, domain, uri, version, chainId = 1, issuedAt, statement }: IssuedNonce,
  { address }: Pick<Account, 'address'>,
  said: Said = {},
): string {
  const handedOut = { nonce, domain, uri, version, chainId, issuedAt: new Date(issuedAt), address };
  return createSiweMessage({ ...handedOut, ...(statement !== undefined && { statement }), ...said });
}

/** A whole login with a message that the wallet wrote. */
export async function signInByOwnMessage(
  service: Pick<TestService, 'url'>,
  account: Account,
  asked: Readonly<Record<string, unknown>>,
) {
  const issued = await nonceFor(service, asked);
  const message = writtenMessage(issued, account);
  const signature = await account.signMessage({ message });
  return { issued, message, signature, answer: await post(service, '/wallet/verify', { message, signature }) };
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
