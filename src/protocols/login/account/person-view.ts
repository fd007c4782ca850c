import { type Passkey, passkeysAtMost, type User, walletId } from '../../../domain/identity/user-store';
import type { Config } from '../../../platform/config';
import { dateOf } from '../shown-date';

/** What users see of their credentials. */
export interface PersonView {
  readonly username: string;
  /** Undefined where passkeys are off. */
  readonly passkeys: ShownPasskeys | undefined;
  readonly wallets: readonly ShownWallet[];
  /** Undefined where no mail is sent. */
  readonly email: ShownEmail | undefined;
  readonly hasPassword: boolean;
  /** How many are left. */
  readonly recoveryCodes: number;
}

interface ShownPasskeys {
  readonly rpId: string;
  /** The `user.id` of all; absent before the first one. */
  readonly userHandle: string | undefined;
  readonly displayName: string;
  readonly all: readonly ShownPasskey[];
  readonly canAdd: boolean;
}

interface ShownPasskey extends Pick<Passkey, 'id' | 'credentialId' | 'name' | 'synced'> {
  readonly since: string;
  readonly lastUsed: string | undefined;
  /** Whether it may be a copy. */
  readonly suspected: boolean;
}

interface ShownEmail {
  readonly address: string | undefined;
  readonly verified: boolean;
  /** The address that a link was mailed to, which is not used yet. */
  readonly asked: string | undefined;
}

interface ShownWallet {
  /** CAIP-10. */
  readonly id: string;
  readonly address: string;
  /** The chain of a contract account; absent for an EOA, which is linked on every chain. */
  readonly chainId: number | undefined;
  readonly since: string;
}

/** `now`: milliseconds since the epoch. */
export function personView(user: User, { rpId, mail }: Pick<Config, 'rpId' | 'mail'>, now: number): PersonView {
  const { username, passwordHash, wallets = [], recoveryCodes = [] } = user;
  return {
    username,
    passkeys: rpId === undefined ? undefined : shownPasskeys(user, rpId),
    wallets: wallets.map((wallet) => ({
      id: walletId(wallet),
      address: wallet.address,
      chainId: wallet.contract === true ? wallet.chainId : undefined,
      since: dateOf(wallet.createdAt),
    })),
    email: mail === undefined ? undefined : shownEmail(user, now),
    hasPassword: passwordHash !== undefined,
    recoveryCodes: recoveryCodes.length,
  };
}

function shownPasskeys({ username, name = username, userHandle, passkeys = [] }: User, rpId: string): ShownPasskeys {
  return {
    rpId,
    userHandle,
    displayName: name,
    all: passkeys.map((passkey) => ({
      ...passkey,
      since: dateOf(passkey.createdAt),
      lastUsed: passkey.lastUsedAt === undefined ? undefined : dateOf(passkey.lastUsedAt),
      suspected: passkey.suspected === true,
    })),
    canAdd: passkeys.length < passkeysAtMost,
  };
}

function shownEmail({ email: address, emailVerified, links = [] }: User, now: number): ShownEmail {
  const asked = links.find((link) => link.purpose === 'email' && link.usedAt === undefined && link.expiresAt > now);
  return { address, verified: emailVerified === true, asked: asked?.email };
}
