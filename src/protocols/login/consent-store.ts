import type { GrantedResource } from '../../domain/apis/granted-audience';

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

/** Which consents are meant: those that agree with every given field, of which there is one at least. */
export type ConsentQuery =
  | { readonly sub: string; readonly clientId?: string }
  | { readonly sub?: undefined; readonly clientId: string };

/** Seconds that a consent holds after it was given or last widened: an account that never comes back must not leave it for ever. */
export const consentLifetime = 365 * 24 * 3600;

/** More than one end-user will ever give: what is shown to a person must end somewhere. */
export const consentsListedAtMost = 10_000;

/** True at `now`, milliseconds since the epoch, when the consent holds. */
export function holds({ createdAt }: Pick<Consent, 'createdAt'>, now: number): boolean {
  return createdAt + consentLifetime * 1000 > now;
}

/** The consents of end-users to clients. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class ConsentStore {
  /** Adds to what the same end-user has allowed the same client; of several at once none is lost. */
  abstract allow(consent: Consent): Promise<void>;

  /** The consent, where it holds at `now`, milliseconds since the epoch. */
  abstract find(sub: string, clientId: string, now: number): Promise<Consent | undefined>;

  /** The consents of the end-user that hold at `now`, up to `consentsListedAtMost`. */
  abstract list(sub: string, now: number): Promise<Consent[]>;

  /** Forgets the consents of an end-user, to a client or to all, or everybody's to a client. */
  abstract removeAll(query: ConsentQuery): Promise<void>;
}
