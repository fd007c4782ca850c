import * as AbiParameters from 'ox/AbiParameters';
import * as Hex from 'ox/Hex';
import { magicBytes, universalSignatureValidatorBytecode } from 'ox/erc6492/SignatureErc6492';
import type { RpcRequest } from './rpc-exchange';

/** Constructor parameters of the validator: signer, hash, signature. Source: ERC-6492. */
const parameters = AbiParameters.from('address, bytes32, bytes');
/** Most gas of a verification; no real signature needs a tenth of it. */
const gasAtMost = 10_000_000n;
const suffix = magicBytes.slice(2);

/**
 * The call of ERC-6492's universal validator. It is not deployed: it runs as the constructor of a simulated creation and
 * returns one byte. The account's answer must begin with ERC-1271's magic value as a whole word. `wallet` in EIP-55; `hash` of
 * 32 bytes; `signature` in hex, wrapped or plain. Source: ERC-6492, ERC-1271.
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

/** True only for the validator's yes, not for its answer when the account's code fails or runs out of gas. */
export function isYes(answer: string | undefined): boolean {
  return answer === '0x01';
}

/** True for a signature that contains the deployment or preparation of its account. Source: ERC-6492. */
export function isWrapped(signature: string): boolean {
  return signature.toLowerCase().endsWith(suffix);
}
