import type { Authentication, LoginModel } from '../identity/authentication';

/** What a login gave a client: the one thing that all its tokens belong to, and that is revoked as a whole. */
export interface Grant {
  readonly grantId: string;
  readonly model: LoginModel;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly authentication: Authentication;
  /** When the last refresh token of the grant expires. Milliseconds since the epoch. */
  readonly expiresAt: number;
}
