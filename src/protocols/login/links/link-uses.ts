import { Injectable } from '@nestjs/common';
import { hashSecret } from '../../../domain/credentials/secret';
import type { Events } from '../../../domain/events/events';
import { linkWith } from '../../../domain/identity/user-links';
import { type User, type UserLink, UserStore } from '../../../domain/identity/user-store';
import { Clock } from '../../../platform/clock';
import { AccountError } from '../account/account-error';
import { CredentialChanges } from '../account/credential-changes';
import { Revocation } from '../revocation';
import { type NewCredential, withUsedLink } from './link-credential';
import { LinkError } from './link-error';

/** A link that may be used, and whose it is. */
export interface FoundLink {
  readonly user: User;
  readonly link: UserLink;
}

/** Uses links: of any number of concurrent uses of one, in any number of processes, exactly one succeeds. */
@Injectable()
export class LinkUses {
  constructor(
    private readonly clock: Clock,
    private readonly users: UserStore,
    private readonly changes: CredentialChanges,
    private readonly revocation: Revocation,
  ) {}

  /** Throws: {@link LinkError}. */
  async find(secret: string, events: Events): Promise<FoundLink> {
    const secretHash = hashSecret(secret);
    const user = await this.users.findOwner({ linkHash: secretHash });
    if (user === undefined) throw new LinkError('link_unknown');
    events.concern({ sub: user.id });
    // The rest of a use that was interrupted after it had stored the credential.
    if (linkWith(user, secretHash)?.usedAt !== undefined) await this.end(user, events);
    return { user, link: usable(user, secretHash, this.clock.now()) };
  }

  /**
   * Stores the credential and marks the link as used, in one step, and ends the user's sessions and grants where it must. Throws:
   * {@link LinkError}, AccountError, PasskeyError.
   */
  async use(
    { user: { id }, link: { secretHash } }: FoundLink,
    credential: NewCredential,
    removesOthers: boolean,
    events: Events,
  ): Promise<User> {
    if ('passkey' in credential) await this.assertUnowned(credential.passkey.credentialId);
    const user = await this.users.change(id, (before) => {
      const now = this.clock.now();
      return withUsedLink(before, { link: usable(before, secretHash, now), credential, removesOthers, now });
    });
    if (user === undefined) throw new LinkError('link_unknown');
    if ('passkey' in credential) await this.assertSoleOwner(user, credential.passkey.credentialId);
    this.changes.announce(user, 'link_used', events);
    events.emit({ type: 'passkey' in credential ? 'passkey_added' : 'password_changed', sub: id });
    return this.end(user, events);
  }

  /** Marks the link as used and the address that it was mailed to as the user's. Throws: {@link LinkError}. */
  async verifyEmail({ user: { id }, link: { secretHash } }: FoundLink, events: Events): Promise<void> {
    const user = await this.users.change(id, (before) => {
      const now = this.clock.now();
      const { email, ...link } = usable(before, secretHash, now);
      const links = (before.links ?? []).filter((each) => each.purpose !== 'email');
      const { unverifiedUntil: _verified, ...others } = before;
      if (email === undefined) throw new LinkError('link_unknown');
      return {
        ...others,
        email,
        emailVerified: true,
        updatedAt: now,
        links: [...links, { ...link, email, usedAt: now }],
      };
    });
    if (user === undefined) throw new LinkError('link_unknown');
    this.changes.announce(user, 'email_verified', events);
  }

  private async end(user: User, events: Events): Promise<User> {
    if (user.endingDue === undefined) return user;
    await this.revocation.endSubject(user.id, { reason: 'account', events });
    return (await this.users.endingDone(user)) ?? user;
  }

  private async assertUnowned(credentialId: string): Promise<void> {
    const [owner] = await this.users.findBy({ passkey: credentialId }, 1);
    if (owner !== undefined) throw new AccountError('already_exists');
  }

  /** Asked after storing: of two who store the same passkey at once, at most one keeps it. The link stays used. */
  private async assertSoleOwner({ id }: User, credentialId: string): Promise<void> {
    if ((await this.users.findBy({ passkey: credentialId })).length === 1) return;
    await this.users.change(id, (user) => ({
      ...user,
      passkeys: (user.passkeys ?? []).filter((passkey) => passkey.credentialId !== credentialId),
    }));
    throw new AccountError('already_exists');
  }
}

function usable(user: User, secretHash: string, now: number): UserLink {
  const link = linkWith(user, secretHash);
  if (link === undefined || user.disabled === true) throw new LinkError('link_unknown');
  if (link.usedAt !== undefined) throw new LinkError('link_used');
  if (link.expiresAt <= now) throw new LinkError('link_expired');
  return link;
}
