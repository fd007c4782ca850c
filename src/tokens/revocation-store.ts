/** The grants and single tokens that were revoked before they expired. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class RevocationStore {
  /** Revokes a grant id or a token's `jti` until `expiresAt` (milliseconds since the epoch), when it would have expired. */
  abstract revoke(id: string, expiresAt: number): Promise<void>;

  /** True when any of the ids is revoked. */
  abstract isRevoked(ids: readonly string[], now: number): Promise<boolean>;
}
