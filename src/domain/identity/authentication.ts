/** Who proved themselves, how and when: what a login hands on to its tokens. */
export interface Authentication {
  /** A user id, or the CAIP-10 id of an account. */
  readonly sub: string;
  /** Source: RFC 8176. */
  readonly amr: readonly string[];
  /** Seconds since the epoch, as the claim `auth_time`. */
  readonly authTime: number;
  /** The EIP-155 chain that was signed for, of a wallet login. */
  readonly chainId?: number;
  /** Of a smart account whose code said that it signed; absent of an account that signed with its own key. */
  readonly accountProof?: 'code';
}

/** Which of the two models a token came from. */
export type LoginModel = 'pkce' | 'wallet';
