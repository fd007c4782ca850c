import type { GrantedResource } from '../apis/granted-audience';

/** What an end-user has allowed a third-party client. */
export interface Consent {
  readonly sub: string;
  readonly clientId: string;
  /** Scopes of this server. */
  readonly scope: readonly string[];
  /** APIs, and their scopes. */
  readonly resources: readonly GrantedResource[];
  /** When it was given or last widened; milliseconds since the epoch. */
  readonly createdAt: number;
}

/** The consents of end-users to clients. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class ConsentStore {
  /** Adds to what the same end-user has allowed the same client; of several at once none is lost. */
  abstract allow(consent: Consent): Promise<void>;

  abstract find(sub: string, clientId: string): Promise<Consent | undefined>;
}
