import type { ClientAddress } from '../../platform/http/client-address';

/** The claim that this account signed this hash. */
export interface SignatureClaim {
  /** In EIP-55. */
  readonly wallet: string;
  /** The EIP-155 chain that the message was issued for. */
  readonly chainId: number;
  /** EIP-191 hash of the message, 32 bytes. */
  readonly hash: Uint8Array;
  /** Hex of whole bytes. */
  readonly signature: string;
  readonly attempt: Attempt;
}

/** The request and the challenge of a signature. */
export interface Attempt {
  readonly nonce: string;
  /** When the challenge expires; milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly client: ClientAddress;
}

/** Why a signature is refused. */
export type SignatureRefusal = 'signature_malformed' | 'signature_mismatch' | 'contract_accounts_unsupported';

/** A kind of signer: an EOA's key, or a contract account's code. */
export interface AccountSigner {
  /** The claim `account_proof` of an account that it confirmed. */
  readonly accountProof: 'key' | 'code';

  /**
   * Undefined when the account signed. `before`: the reason of the previous kind of signer. Throws: HttpError, 503 or 429, when
   * that cannot be decided now; the signature is then neither right nor wrong.
   */
  refusal(claim: SignatureClaim, before: SignatureRefusal): Promise<SignatureRefusal | undefined>;
}
