import { createWalletLogin, type WalletLogin } from '@tessera/client/wallet';
import * as Address from 'ox/Address';
import * as Hex from 'ox/Hex';
import * as PersonalMessage from 'ox/PersonalMessage';
import * as Secp256k1 from 'ox/Secp256k1';
import * as Signature from 'ox/Signature';
import * as Siwe from 'ox/Siwe';
import { expectNonce } from './answers';
import { type HttpClient, newHttpClient } from './http-client';
import type { RunContext } from './run-context';
import type { WireRequest } from './wire';

export interface Wallet {
  /** In EIP-55. */
  readonly address: Address.Address;
  readonly privateKey: Hex.Hex;
}

/** A wallet with a new key, which lives as long as the run. */
export function newWallet(): Wallet {
  const { privateKey, publicKey } = Secp256k1.createKeyPair();
  return { address: Address.fromPublicKey(publicKey, { checksum: true }), privateKey };
}

/** The victim's dApp, which logs in by @tessera/client, with its HTTP client. */
export function newDapp(context: RunContext): { readonly login: WalletLogin; readonly http: HttpClient } {
  const { http, options } = newHttpClient(context);
  const { clientId, walletOrigin: origin } = context.clients.dapp;
  // Without a verifier: a login with both proofs is described beside the two models, not measured as one.
  return { login: createWalletLogin({ ...options, clientId, origin, codeVerifier: false }), http };
}

export function verifyRequest(answer: {
  readonly nonce?: string;
  readonly message?: string;
  readonly signature: string;
  readonly codeVerifier?: string;
}): WireRequest {
  return { method: 'POST', path: '/wallet/verify', json: answer };
}

/** The signature of a message by a wallet's key. Source: EIP-191 version 0x45. */
export async function sign(
  { credentials }: Pick<RunContext, 'credentials'>,
  { privateKey }: Wallet,
  message: string,
): Promise<string> {
  const payload = PersonalMessage.getSignPayload(Hex.fromString(message));
  const signature = Signature.toHex(Secp256k1.sign({ payload, privateKey }));
  credentials.learn(signature);
  return signature;
}

/** A victim's login up to the moment before it is finished: the signature exists and is not sent. */
export interface SignedChallenge {
  readonly wallet: Wallet;
  readonly nonce: string;
  readonly message: string;
  readonly signature: string;
  /** The owner's verification, prepared and not sent. */
  readonly request: WireRequest;
}

/** Requests a challenge with a new wallet, and signs it. */
export async function signedChallenge(context: RunContext): Promise<SignedChallenge> {
  const wallet = newWallet();
  const { address } = wallet;
  const { login, http } = newDapp(context);
  const { nonce, message } = await http.expect('the challenge request', () =>
    login.challenge({ address, chainId: context.chainId }),
  );
  context.traces.push({ kind: 'wallet_challenge', id: nonce });
  const signature = await sign(context, wallet, message);
  return { wallet, nonce, message, signature, request: verifyRequest({ nonce, signature }) };
}

/** What a client passes to a wallet that writes the message itself. */
export type IssuedNonce = ReturnType<typeof expectNonce>;

/** Requests a nonce without an address, for a message of this chain if one is given. */
export async function newNonce({ clients, wire, traces }: RunContext, chainId?: number): Promise<IssuedNonce> {
  const json = { clientId: clients.writer.clientId, chainId };
  const issued = expectNonce('the nonce request', await wire.send({ method: 'POST', path: '/wallet/nonce', json }));
  traces.push({ kind: 'wallet_nonce', id: issued.nonce });
  return issued;
}

/** The message that a wallet writes with such a nonce, for its own account. Source: EIP-4361. */
export function writtenMessage(
  { chainId }: RunContext,
  { nonce, domain, uri, issuedAt }: IssuedNonce,
  { address }: Wallet,
): string {
  return Siwe.createMessage({ address, chainId, domain, nonce, uri, version: '1', issuedAt: new Date(issuedAt) });
}
