import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { RateLimiter } from '../../platform/http/rate-limiter';
import { LOGGER } from '../../platform/logger';
import { newId } from '../credentials/secret';
import type { PersonEventType } from '../events/event';
import type { User, UserLink } from '../identity/user-store';
import { type Mail, MailStore } from './mail-store';
import { type MailEvent, mailEvents } from './mail-texts';

const hour = 3_600_000;
/** Most mails that are accepted in an hour, over all processes. */
const mailsAnHour = 10_000;
/** Milliseconds until an unsent mail is given up. */
const keptMs = 24 * hour;

/** A link to be mailed; `shownHash`: see {@link Mail}. */
export type MailedLink = Pick<UserLink, 'purpose' | 'expiresAt'> & { readonly shownHash?: string };

/** Accepts mails to end-users; MailDelivery sends them. Without `SMTP_URL` nothing is mailed. */
@Injectable()
export class Outbox implements BeforeApplicationShutdown {
  /** Called in this process after a mail was accepted. */
  onAccepted: () => void = () => {};
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly store: MailStore,
    private readonly limiter: RateLimiter,
  ) {}

  get isOn(): boolean {
    return this.config.mail !== undefined;
  }

  /** The address that the user is told at; undefined without one that is verified, and without `SMTP_URL`. */
  addressOf({ email, emailVerified }: Pick<User, 'email' | 'emailVerified'>): string | undefined {
    return this.isOn && emailVerified === true ? email : undefined;
  }

  /**
   * Tells the user what happened, if it is worth a mail and there is a verified address: that of `user`, so give the user as
   * before a change of the address. The caller does not wait, and what fails is logged.
   */
  tell(user: User, event: PersonEventType | 'address_taken'): void {
    const to = this.addressOf(user);
    if (to !== undefined && isMailed(event)) this.later(this.accept({ sub: user.id, to, event }));
  }

  /** Mails a link, whose secret is generated when the mail is sent. Throws: 429 when too much is mailed. */
  async sendLink({ id: sub }: Pick<User, 'id'>, to: string, link: MailedLink): Promise<void> {
    await this.accept({ sub, to, link });
  }

  /** For what must not show by its time whether there is somebody to mail to: nobody waits, and what fails is logged. */
  later(work: Promise<void>): void {
    const logged: Promise<void> = work
      .catch((error: unknown) => this.logger.warn({ err: error }, 'a mail was not accepted'))
      .finally(() => this.underWay.delete(logged));
    this.underWay.add(logged);
  }

  /** Before the store closes. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async accept(about: Pick<Mail, 'sub' | 'to' | 'event' | 'link'>): Promise<void> {
    const spent = await this.limiter.tryInSteps([this.limiter.current(hour, [{ key: 'mails', atMost: mailsAnHour }])]);
    if (spent !== undefined) throw this.limiter.refusal(spent);
    const now = this.clock.now();
    const times = { createdAt: now, dueAt: now, expiresAt: now + keptMs };
    await this.store.add({ id: newId(), ...about, ...times, attempts: 0 });
    this.onAccepted();
  }
}

function isMailed(event: string): event is MailEvent {
  return (mailEvents as readonly string[]).includes(event);
}
