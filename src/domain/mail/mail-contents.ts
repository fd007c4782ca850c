import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { newLink, urlOfLink, withMailedLink } from '../identity/user-links';
import { type User, UserStore } from '../identity/user-store';
import type { Mail } from './mail-store';
import { type MailText, textOfEvent, textOfLink } from './mail-texts';

/** Writes mails when they are sent. */
@Injectable()
export class MailContents {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly users: UserStore,
  ) {}

  /** Undefined when there is nothing to say any more: the user, the address or the link is gone. */
  async of(mail: Mail): Promise<MailText | undefined> {
    const user = await this.users.find(mail.sub);
    if (user === undefined) return undefined;
    const { event, createdAt, link } = mail;
    if (event !== undefined) return textOfEvent(event, user.username, this.config.issuer, createdAt);
    return link === undefined ? undefined : this.ofLink(mail, link);
  }

  /** Generates the secret, and stores its hash: no record has ever had the secret itself. */
  private async ofLink({ sub, to }: Mail, mailed: NonNullable<Mail['link']>): Promise<MailText | undefined> {
    const { purpose, expiresAt, shownHash } = mailed;
    const now = this.clock.now();
    const email = purpose === 'email' ? { email: to } : {};
    const { secret, link } = newLink({ purpose, expiresAt, ...email });
    let isStored = false;
    await this.users.change(sub, (user) => {
      const changed = isFor(user, to, purpose) ? withMailedLink(user, link, shownHash, now) : undefined;
      isStored = changed !== undefined;
      return changed ?? user;
    });
    if (!isStored) return undefined;
    return textOfLink(purpose, urlOfLink(this.config.issuer, secret), this.config.issuer, expiresAt);
  }
}

/** An invitation or a recovery only goes to the address that is verified now. */
function isFor(user: User, to: string, purpose: string): boolean {
  if (user.disabled === true) return false;
  return purpose === 'email' || (user.email === to && user.emailVerified === true);
}
