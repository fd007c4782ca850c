import type { WalletAccount } from './wallet-account.ts';

/** The account of a message. */
export type AccountOfWallet = Pick<WalletAccount, 'address' | 'chainId'>;

/** A message to be signed. */
export interface WalletChallenge {
  readonly nonce: string;
  /** To be signed byte for byte, by EIP-191 `personal_sign`. */
  readonly message: string;
  readonly address: string;
  readonly chainId: number;
  /** ISO 8601. */
  readonly issuedAt: string;
  readonly expirationTime: string;
}

/** What a wallet needs to write a message of its own. Source: EIP-4361, section Message Fields. */
export interface WalletNonce {
  readonly nonce: string;
  readonly domain: string;
  readonly uri: string;
  readonly version: '1';
  readonly chainId?: number;
  readonly issuedAt: string;
  readonly expirationTime: string;
  /** The required beginning of the statement. */
  readonly statement?: string;
}

/** What a wallet signed. */
export interface SignedMessage {
  readonly message: string;
  readonly signature: string;
}
