import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { addressOf } from './account-id';
import { UserStore, walletId } from './user-store';

/** The `profile` and `email` claims that the user has. Source: OpenID Connect Core §5.1, §5.4. */
export const userClaims = z
  .object({
    name: z.string().describe('With the scope profile, as are the next four; each as far as the user has it.'),
    preferred_username: z.string(),
    picture: z.url(),
    updated_at: z.int().describe('Seconds since the epoch.'),
    accounts: z.array(z.string()).describe('Of a user with linked wallets: their CAIP-10 ids.'),
    email: z.string().describe('With the scope email, as is the next.'),
    email_verified: z.boolean(),
  })
  .partial();

export type UserClaims = Readonly<z.infer<typeof userClaims>>;

export const userClaimNames = userClaims.keyof().options;

/** Looks up the claims that scopes grant. */
@Injectable()
export class UserClaimsReader {
  constructor(private readonly users: UserStore) {}

  /** The claims of the granted scopes; empty for an account, which is no user. */
  async read(sub: string, scope: readonly string[]): Promise<UserClaims> {
    const [profile, email] = [scope.includes('profile'), scope.includes('email')];
    if ((!profile && !email) || addressOf(sub) !== undefined) return {};
    const user = await this.users.find(sub);
    if (user === undefined) return {};
    const { wallets = [] } = user;
    return {
      ...(profile && user.name !== undefined && { name: user.name }),
      ...(profile && { preferred_username: user.username }),
      ...(profile && user.picture !== undefined && { picture: user.picture }),
      ...(profile && user.updatedAt !== undefined && { updated_at: Math.floor(user.updatedAt / 1000) }),
      ...(profile && wallets.length > 0 && { accounts: wallets.map(walletId) }),
      ...(email && user.email !== undefined && { email: user.email, email_verified: user.emailVerified ?? false }),
    };
  }
}
