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
