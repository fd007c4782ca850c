import { hash as digest } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { SignatureProof } from '../challenges/grant';
import { accountId } from '../identity/account-id';
import { type EcdsaSignature, parseSignature } from './signature';
import { hashMessage, SignerRecovery } from './signer-recovery';
import { WalletError } from './wallet-error';

/** Who is to have signed, and what. */
export interface SignedMessage {
  /** In EIP-55. */
  readonly wallet: string;
  readonly chainId: number;
  readonly message: string;
}

/** An account that has proved itself. */
export interface ProvenAccount {
  /** The CAIP-10 id: an account that holds its key is the same one on every EVM chain. */
  readonly sub: string;
  readonly proof: SignatureProof;
}

/** Decides whether an account signed a message. */
@Injectable()
export class AccountProof {
  constructor(private readonly signers: SignerRecovery) {}

  /** Throws: {@link WalletError} `signature_malformed` or `signature_mismatch`. */
  async verify({ wallet, chainId, message }: SignedMessage, signature: string): Promise<ProvenAccount> {
    const ecdsa = parseSignature(signature);
    if (ecdsa === undefined) throw new WalletError('signature_malformed');
    const hash = hashMessage(message);
    if (this.signers.recover(hash, ecdsa) !== wallet) throw new WalletError('signature_mismatch');
    const messageHash = Buffer.from(hash).toString('hex');
    return { sub: accountId(1, wallet), proof: { wallet, chainId, messageHash, signatureHash: hashOf(ecdsa) } };
  }

  /** True when the signature is the one that was redeemed, or another one by the same key of the same message. */
  hasSigned({ wallet, messageHash, signatureHash }: SignatureProof, signature: string): boolean {
    const ecdsa = parseSignature(signature);
    if (ecdsa !== undefined && hashOf(ecdsa) === signatureHash) return true;
    return this.isOf(wallet, Buffer.from(messageHash, 'hex'), signature);
  }

  /** True when the signature is one by this account's key, of the message with this hash. */
  isOf(wallet: string | undefined, messageHash: Uint8Array, signature: string): boolean {
    const ecdsa = parseSignature(signature);
    return wallet !== undefined && ecdsa !== undefined && this.signers.recover(messageHash, ecdsa) === wallet;
  }
}

/** The same for all encodings of one signature. */
function hashOf({ compact, yParity }: EcdsaSignature): string {
  return digest('sha256', Buffer.concat([compact, Uint8Array.of(yParity)]), 'base64url');
}
