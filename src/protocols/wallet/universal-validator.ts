import * as AbiParameters from 'ox/AbiParameters';
import * as Hex from 'ox/Hex';
import { magicBytes, universalSignatureValidatorBytecode } from 'ox/erc6492/SignatureErc6492';
import type { RpcRequest } from './rpc-exchange';

/** Of the validator's constructor: signer, hash, signature. Source: ERC-6492. */
const parameters = AbiParameters.from('address, bytes32, bytes');
/** What a verification may cost the node; no signature that people use needs a tenth of it. */
const gasAtMost = 10_000_000n;
const suffix = magicBytes.slice(2);

/**
 * The call that asks ERC-6492's universal validator, which is deployed nowhere: it runs as the constructor of a creation that
 * never happens. It answers one byte; ERC-1271's magic value must be the whole first word of what the account answers it.
 * `wallet` in EIP-55; `hash` of 32 bytes; `signature` in hex, wrapped or plain. Source: ERC-6492, ERC-1271.
 */
export function validatorRequest(wallet: string, hash: Uint8Array, signature: string): RpcRequest {
  const values = [wallet as Hex.Hex, Hex.fromBytes(hash), signature as Hex.Hex] as const;
  const data = Hex.concat(universalSignatureValidatorBytecode, AbiParameters.encode(parameters, values));
  return {
    method: 'eth_call',
    params: [{ data, gas: Hex.fromNumber(gasAtMost) }, 'latest'],
    result: /^0x0[01]$/,
  };
}

/** True for the validator's yes; what it answers when the account's code fails, or runs out of gas, is none. */
export function isYes(answer: string | undefined): boolean {
  return answer === '0x01';
}

/** True for a signature that brings along what deploys or prepares its account. Source: ERC-6492. */
export function isWrapped(signature: string): boolean {
  return signature.toLowerCase().endsWith(suffix);
}
