import { hash as digest } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { SignatureProof } from '../../domain/challenges/grant';
import { accountId } from '../../domain/identity/account-id';
import type { AccountSigner, Attempt, SignatureRefusal } from './account-signer';
import { ContractAccountSigner } from './contract-account-signer';
import { EoaSigner } from './eoa-signer';
import { parseSignature } from './signature';
import { hashMessage, SignerRecovery } from './signer-recovery';
import { WalletError } from './wallet-error';

/** The message, and the account that must have signed it. */
export interface SignedMessage {
  /** In EIP-55. */
  readonly wallet: string;
  readonly chainId: number;
  readonly message: string;
}

/** An account that has proved itself. */
export interface ProvenAccount {
  /** The CAIP-10 id. An EOA is the same account on every EVM chain, a contract account exists on one chain. Source: CAIP-10. */
  readonly sub: string;
  readonly accountProof: AccountSigner['accountProof'];
  readonly proof: SignatureProof;
}

/** Decides whether an account signed a message. */
@Injectable()
export class AccountProof {
  /** In this order: an EOA can always delegate anew, and its login must not depend on a node. */
  private readonly signers: readonly AccountSigner[];

  constructor(
    private readonly recovery: SignerRecovery,
    key: EoaSigner,
    code: ContractAccountSigner,
  ) {
    this.signers = [key, code];
  }

  /** Throws: {@link WalletError} as the last kind of signer decides; 503 or 429 when that one cannot be asked now. */
  async verify(
    { wallet, chainId, message }: SignedMessage,
    signature: string,
    attempt: Attempt,
  ): Promise<ProvenAccount> {
    const hash = hashMessage(message);
    const messageHash = Buffer.from(hash).toString('hex');
    const proof = { wallet, chainId, messageHash, signatureHash: hashOf(signature) };
    let refusal: SignatureRefusal = 'signature_malformed';
    for (const signer of this.signers) {
      const refused = await signer.refusal({ wallet, chainId, hash, signature, attempt }, refusal);
      const { accountProof } = signer;
      if (refused === undefined)
        return { sub: accountId(accountProof === 'key' ? 1 : chainId, wallet), accountProof, proof };
      refusal = refused;
    }
    throw new WalletError(refusal);
  }

  /** True for the redeemed signature, or another one of the same message by the same key. No node is asked. */
  hasSigned({ wallet, messageHash, signatureHash }: Omit<SignatureProof, 'chainId'>, signature: string): boolean {
    if (hashOf(signature) === signatureHash) return true;
    const ecdsa = parseSignature(signature);
    if (ecdsa === undefined) return false;
    return this.recovery.recover(Buffer.from(messageHash, 'hex'), ecdsa) === wallet.toLowerCase();
  }
}

/** Equal for all encodings of one ECDSA signature. */
function hashOf(signature: string): string {
  const ecdsa = parseSignature(signature);
  const bytes =
    ecdsa === undefined
      ? Buffer.from(signature.slice(2), 'hex')
      : Buffer.concat([ecdsa.compact, Uint8Array.of(ecdsa.yParity)]);
  return digest('sha256', bytes, 'base64url');
}
