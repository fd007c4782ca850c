/** What an end-user has allowed a third-party client. */
export interface Consent {
  readonly sub: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** The consents of end-users to clients. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class ConsentStore {
  /** Stores the consent in place of an earlier one of the same end-user to the same client. */
  abstract save(consent: Consent): Promise<void>;

  abstract find(sub: string, clientId: string): Promise<Consent | undefined>;
}
