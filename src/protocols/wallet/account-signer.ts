import type { ClientAddress } from '../../platform/http/client-address';

/** What a signature is to show: that this account signed this hash. */
export interface SignatureClaim {
  /** In EIP-55. */
  readonly wallet: string;
  /** The EIP-155 chain that the message was issued for. */
  readonly chainId: number;
  /** The EIP-191 hash of the message, 32 bytes. */
  readonly hash: Uint8Array;
  /** Hex of whole bytes. */
  readonly signature: string;
  readonly attempt: Attempt;
}

/** In which request, and for which challenge, a signature is shown. */
export interface Attempt {
  readonly nonce: string;
  /** When the challenge expires; milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly client: ClientAddress;
}

/** Why a signature is refused. */
export type SignatureRefusal = 'signature_malformed' | 'signature_mismatch' | 'contract_accounts_unsupported';

/** One kind of signer: what it is that says whether an account signed. */
export interface AccountSigner {
  /** The claim `account_proof` of an account that it said yes for. */
  readonly accountProof: 'key' | 'code';

  /**
   * Undefined when the account signed. `before`: why the kind of signer before this one refused. Throws: HttpError, 503
   * or 429, when that cannot be said now; nothing is then known about the signature.
   */
  refusal(claim: SignatureClaim, before: SignatureRefusal): Promise<SignatureRefusal | undefined>;
}
