import { Injectable } from '@nestjs/common';
import type { AccountSigner, SignatureClaim, SignatureRefusal } from './account-signer';
import { ContractAccountLimits } from './contract-account-limits';
import type { ChainRequest } from './evm-chain';
import { EvmChains } from './evm-chains';
import { sizeOfSignature } from './signature';
import { isWrapped, isYes, validatorRequest } from './universal-validator';

/** A shorter signature says nothing: an empty one would make the nonce, which is public, all that is needed. */
const shortestSignature = 32;
/** With this length the validator looks for a key where it finds no code. */
const ecdsaSize = 65;

/**
 * The code of the account, on the chain of its challenge: deployed (ERC-1271), not yet deployed (ERC-6492), or that of the
 * delegate of an account with a key (EIP-7702). It costs two calls of a node at most, and changes nothing on the chain.
 */
@Injectable()
export class ContractAccountSigner implements AccountSigner {
  readonly accountProof = 'code';

  constructor(
    private readonly chains: EvmChains,
    private readonly guesses: ContractAccountLimits,
  ) {}

  /** Throws: 503 when no node answers, or too many calls are in flight; 429 after too many wrong answers. */
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
  // Of an address without code the validator recovers a key, and accepts what was malleated; of any other length it says no.
  if (saysYes && sizeOfSignature(signature) !== ecdsaSize) return undefined;
  if (!saysYes && byKey === 'signature_mismatch') return byKey;
  const code = await request({ method: 'eth_getCode', params: [wallet, 'latest'], result: /^0x(?:[\da-f]{2})*$/i });
  if (code === '0x') return byKey;
  return saysYes ? undefined : 'signature_mismatch';
}
