import { Injectable } from '@nestjs/common';
import { accountId } from '../identity/account-id';
import { parseSignature } from './signature';
import { SignerRecovery } from './signer-recovery';
import { WalletError } from './wallet-error';

/** Who is to have signed, and what. */
export interface SignedMessage {
  /** In EIP-55. */
  readonly wallet: string;
  readonly chainId: number;
  readonly message: string;
}

/** Decides whether an account signed a message. */
@Injectable()
export class AccountProof {
  constructor(private readonly signers: SignerRecovery) {}

  /**
   * The CAIP-10 id of the account that signed: one that holds its key is the same person on every EVM chain.
   * Throws: {@link WalletError} `signature_malformed` or `signature_mismatch`.
   */
  async verify({ wallet, message }: SignedMessage, signature: string): Promise<string> {
    const ecdsa = parseSignature(signature);
    if (ecdsa === undefined) throw new WalletError('signature_malformed');
    if (this.signers.recover(this.signers.hashMessage(message), ecdsa) !== wallet)
      throw new WalletError('signature_mismatch');
    return accountId(1, wallet);
  }

  /** True when {@link verify} would not throw; false for a message that is not known whole. */
  async hasSigned({ wallet, chainId, message }: Partial<SignedMessage>, signature: string): Promise<boolean> {
    if (wallet === undefined || chainId === undefined || message === undefined) return false;
    try {
      await this.verify({ wallet, chainId, message }, signature);
      return true;
    } catch (error) {
      if (error instanceof WalletError) return false;
      throw error;
    }
  }
}
