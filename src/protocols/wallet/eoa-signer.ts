import { Injectable } from '@nestjs/common';
import type { AccountSigner, SignatureClaim, SignatureRefusal } from './account-signer';
import { parseSignature } from './signature';
import { SignerRecovery } from './signer-recovery';

/** The account's own key: the signature is recovered here, so the login depends on no node. */
@Injectable()
export class EoaSigner implements AccountSigner {
  readonly accountProof = 'key';

  constructor(private readonly signers: SignerRecovery) {}

  async refusal({ wallet, hash, signature }: SignatureClaim): Promise<SignatureRefusal | undefined> {
    const ecdsa = parseSignature(signature);
    if (ecdsa === undefined) return 'signature_malformed';
    return this.signers.recover(hash, ecdsa) === wallet.toLowerCase() ? undefined : 'signature_mismatch';
  }
}
