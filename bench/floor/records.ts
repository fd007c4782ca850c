/** Who has logged in, and how. */
export interface Authentication {
  readonly sub: string;
  readonly amr: readonly string[];
  /** Seconds since the epoch. */
  readonly authTime: number;
  readonly chainId?: number;
}

export interface Session {
  readonly authentication: Authentication;
  /** Milliseconds since the epoch, as in every record. */
  readonly expiresAt: number;
}

interface ChallengeBase {
  readonly id: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface CodeChallenge extends ChallengeBase {
  readonly kind: 'authorization_code';
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly authentication: Authentication;
}

export interface WalletChallenge extends ChallengeBase {
  readonly kind: 'wallet_challenge';
  readonly wallet: string;
  readonly chainId: number;
  readonly message: string;
}

export type Challenge = CodeChallenge | WalletChallenge;
export type ChallengeOf<Kind extends Challenge['kind']> = Extract<Challenge, { kind: Kind }>;

/** What a redeemed challenge became: it remembers what verified it, and holds the hash of its refresh token. */
export interface Grant {
  readonly id: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly authentication: Authentication;
  readonly proof: readonly string[];
  readonly refreshHash?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** What the floor asks of a database, and the service too. */
export interface FloorStore {
  session(id: string): Promise<Session | undefined>;
  saveSession(id: string, session: Session): Promise<void>;
  save(challenge: Challenge): Promise<void>;
  find<Kind extends Challenge['kind']>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined>;
  /** Deletes the challenge and begins its grant, if it agrees with every field of `match` and lives: for one caller alone. */
  redeem<Kind extends Challenge['kind']>(
    kind: Kind,
    id: string,
    match: Partial<ChallengeOf<Kind>>,
    now: number,
    grantOf: (challenge: ChallengeOf<Kind>) => Grant,
  ): Promise<Grant | undefined>;
}
