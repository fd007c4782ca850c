import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';
import type { IssuedChallenge } from '../../../src/protocols/wallet/issued-challenge.openapi';
import type { IssuedNonce } from '../../../src/protocols/wallet/wallet.openapi';
import type { TestService } from '../service/service';
import type { Reachable } from './pkce-login';
import { Refused } from './refused';

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
  { url, fetch: send = fetch }: Reachable,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await send(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A challenge of the API for the account. Throws: {@link Refused}. */
export async function challengeFor(
  service: Reachable,
  { address }: Pick<Account, 'address'>,
  asked: Readonly<Record<string, unknown>> = {},
): Promise<IssuedChallenge> {
  const answer = await post(service, '/wallet/challenge', { address, ...asked });
  if (answer.status !== 201) throw new Refused('challenge', answer);
  return answer.body as unknown as IssuedChallenge;
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

/** Whose account signs in, and what it signs a message with. */
export interface Signer {
  readonly address: Hex;
  sign(message: string): Hex | Promise<Hex>;
}

export function keySigner({ address, signMessage }: Account): Signer {
  return { address, sign: (message) => signMessage({ message }) };
}

/** A challenge of the API and the signature that answers it, by default of a fresh account. */
export async function signedChallenge(
  service: Pick<TestService, 'url'>,
  asked: Readonly<Record<string, unknown>> = {},
  account: Account = newAccount(),
) {
  const challenge = await challengeFor(service, account, asked);
  return { account, ...challenge, signature: await account.signMessage({ message: challenge.message }) };
}

/** Answers a challenge with a signature. */
export function verify(
  service: Pick<TestService, 'url'>,
  { nonce }: Pick<IssuedChallenge, 'nonce'>,
  signature: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  return post(service, '/wallet/verify', { nonce, signature, ...more });
}

/** A whole wallet login over HTTP, of an account that its key or its code speaks for. */
export async function signInWith(
  service: Pick<TestService, 'url'>,
  signer: Signer,
  asked?: Readonly<Record<string, unknown>>,
) {
  const challenge = await challengeFor(service, signer, asked);
  const signature = await signer.sign(challenge.message);
  return { challenge, signature, answer: await verify(service, challenge, signature) };
}

/** The same of an account with a key. */
export function signIn(service: Pick<TestService, 'url'>, account: Account, asked?: Readonly<Record<string, unknown>>) {
  return signInWith(service, keySigner(account), asked);
}

/** `/api/me` for the access token of an answer. */
export async function me({ url }: TestService, { body }: Answer): Promise<Response> {
  return fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${String(body['access_token'])}` } });
}
