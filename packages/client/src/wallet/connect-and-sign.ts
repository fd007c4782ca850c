import { type Eip1193Provider, checkedSignature, isAddress, isSameAccount, requestOf } from './wallet-account.ts';
import { member, walletError, wrappedWalletError } from './wallet-error.ts';
import { readSignInMessage } from './sign-in-message.ts';
import type { SignedMessage, WalletNonce } from './wallet-message.ts';

/**
 * Makes the wallet connect, write the message with this nonce, and sign it, in one step. Throws `wallet_error`; for a wallet
 * without the method `wallet_method_unsupported`. Source: ERC-7846; EIP-4361.
 */
export async function connectAndSign(
  provider: Eip1193Provider,
  { nonce, domain, uri, version, issuedAt, expirationTime, statement }: WalletNonce,
  chainId: number,
): Promise<SignedMessage> {
  const scheme = uri.slice(0, uri.indexOf(':'));
  const signInWithEthereum = {
    nonce,
    chainId: `0x${chainId.toString(16)}`,
    version,
    // The message may omit https. Source: EIP-4361, section Message Fields.
    ...(scheme !== 'https' && { scheme }),
    domain,
    uri,
    issuedAt,
    expirationTime,
    ...(statement !== undefined && { statement }),
  };
  const answer = await requestOf(provider, 'wallet_connect', [{ version: '1', capabilities: { signInWithEthereum } }]);
  const accounts = member(answer, 'accounts');
  const account: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
  const signed = member(member(account, 'capabilities'), 'signInWithEthereum');
  // The wallet may connect and still refuse the signature.
  if (member(signed, 'code') !== undefined) throw wrappedWalletError(signed);
  const [address, message, signature] = [
    member(account, 'address'),
    member(signed, 'message'),
    member(signed, 'signature'),
  ];
  if (!isAddress(address) || typeof message !== 'string') throw walletError('wallet_answer_invalid');
  const said = readSignInMessage(message);
  if (said === undefined || said.nonce !== nonce) throw walletError('wallet_answer_invalid');
  if (!isSameAccount(address, said.address)) throw walletError('account_mismatch');
  return { message, signature: checkedSignature(signature) };
}
