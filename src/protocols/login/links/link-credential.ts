import { newId } from '../../../domain/credentials/secret';
import { type Passkey, passkeysAtMost, type User, type UserLink } from '../../../domain/identity/user-store';
import { AccountError } from '../account/account-error';
import { PasskeyError } from '../../passkey/passkey-error';

/** What the end-user chose: a password, by its hash, or a passkey, with the `user.id` that it was made for. */
export type NewCredential =
  | { readonly passwordHash: string }
  | { readonly passkey: Passkey; readonly userHandle: string };

interface LinkUse {
  readonly link: UserLink;
  readonly credential: NewCredential;
  /** Whether all other credentials go. */
  readonly removesOthers: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The user after the link was used, whose sessions and grants must end where `endingDue` is new. A recovery leaves no password
 * but the new one: who used the account may know it. Throws: {@link AccountError} too_many, {@link PasskeyError}.
 */
export function withUsedLink(user: User, { link, credential, removesOthers, now }: LinkUse): User {
  // Whoever made the link vouches for the account, whatever its email address.
  const {
    passwordHash,
    passwordVersion,
    unverifiedUntil: _vouched,
    ...others
  } = removesOthers ? withoutOthers(user) : user;
  const isRecovery = link.purpose === 'recovery';
  const keepsPassword = 'passkey' in credential && !isRecovery && !removesOthers && passwordHash !== undefined;
  const password = keepsPassword && { passwordHash, ...(passwordVersion !== undefined && { passwordVersion }) };
  const added = 'passkey' in credential ? withPasskey(others, credential) : { ...others, ...credential };
  const ends = isRecovery || (user.passwordHash !== undefined && !keepsPassword);
  return { ...added, ...password, links: linksAfter(user, link, now), ...(ends && { endingDue: newId() }) };
}

function withoutOthers({ passkeys: _passkeys, wallets: _wallets, recoveryCodes: _codes, ...user }: User): User {
  return user;
}

function withPasskey(user: User, { passkey, userHandle }: Extract<NewCredential, { passkey: Passkey }>): User {
  const { passkeys = [], userHandle: known = userHandle } = user;
  if (passkeys.length >= passkeysAtMost) throw new AccountError('too_many');
  // Another first passkey has come meanwhile, and all of a user's have one handle.
  if (known !== userHandle) throw new PasskeyError('challenge_unknown');
  return { ...user, userHandle, passkeys: [...passkeys, passkey] };
}

/** The used link stays until it expires, for its owner's sake; one that another purpose left open does not. */
function linksAfter({ links = [] }: User, { secretHash }: UserLink, now: number): UserLink[] {
  return links
    .filter((link) => link.secretHash === secretHash || link.purpose === 'email')
    .map((link) => (link.secretHash === secretHash ? { ...link, usedAt: now } : link));
}
