import { Injectable } from '@nestjs/common';
import type { AccountSigner, SignatureClaim, SignatureRefusal } from './account-signer';
import { ContractAccountLimits } from './contract-account-limits';
import type { ChainRequest } from './evm-chain';
import { EvmChains } from './evm-chains';
import { sizeOfSignature } from './signature';
import { isWrapped, isYes, validatorRequest } from './universal-validator';

/** A shorter signature proves nothing: with an empty one, the public nonce would be all that is needed. */
const shortestSignature = 32;
/** With this length the validator recovers a key where it finds no code. */
const ecdsaSize = 65;

/**
 * Asks the code of the account on its challenge's chain: deployed (ERC-1271), not yet deployed (ERC-6492), or an EOA's delegate
 * (EIP-7702). It costs at most two calls of a node and changes nothing on the chain.
 */
@Injectable()
export class ContractAccountSigner implements AccountSigner {
  readonly accountProof = 'code';

  constructor(
    private readonly chains: EvmChains,
    private readonly guesses: ContractAccountLimits,
  ) {}

  /** Throws: 503 when no node answers or too many calls are in flight; 429 after too many wrong answers. */
  async refusal(claim: SignatureClaim, byKey: SignatureRefusal): Promise<SignatureRefusal | undefined> {
    const size = sizeOfSignature(claim.signature);
    const chain = this.chains.find(claim.chainId);
    if (chain === undefined) return size > ecdsaSize ? 'contract_accounts_unsupported' : byKey;
    if (size < shortestSignature) return 'signature_malformed';
    return chain.ask(async (request) => {
      const guess = await this.guesses.take(claim);
      const refusal = await judge(claim, byKey, request).catch(async (error: unknown) => {
        await guess.giveBack();
        throw error;
      });
      if (refusal === undefined) await guess.wasRight();
      return refusal;
    });
  }
}

async function judge(
  { wallet, hash, signature }: SignatureClaim,
  byKey: SignatureRefusal,
  request: ChainRequest,
): Promise<SignatureRefusal | undefined> {
  const saysYes = isYes(await request(validatorRequest(wallet, hash, signature)));
  if (isWrapped(signature)) return saysYes ? undefined : 'signature_mismatch';
  // For an address without code and a signature of this length, the validator recovers a key and accepts malleated signatures;
  // other lengths it refuses.
  if (saysYes && sizeOfSignature(signature) !== ecdsaSize) return undefined;
  if (!saysYes && byKey === 'signature_mismatch') return byKey;
  const code = await request({ method: 'eth_getCode', params: [wallet, 'latest'], result: /^0x(?:[\da-f]{2})*$/i });
  if (code === '0x') return byKey;
  return saysYes ? undefined : 'signature_mismatch';
}
