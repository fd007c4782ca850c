import { Injectable } from '@nestjs/common';
import { hashSecret } from '../../../domain/credentials/secret';
import { type User, UserStore } from '../../../domain/identity/user-store';
import { Outbox } from '../../../domain/mail/outbox';
import { Clock } from '../../../platform/clock';
import { RateLimiter } from '../../../platform/http/rate-limiter';

const hour = 3_600_000;
/** Links for one user in an hour, whoever asks. */
const linksAnHour = 3;
/** Most users with one address who get a mail. */
const usersAtMost = 5;

/** Mails a link to whoever asks to recover an account, if it is theirs. */
@Injectable()
export class Recoveries {
  constructor(
    private readonly clock: Clock,
    private readonly users: UserStore,
    private readonly limiter: RateLimiter,
    private readonly outbox: Outbox,
  ) {}

  /** `identifier`: a username or an email address. Nothing tells the caller, nor its time, whether there is such a user. */
  begin(identifier: string): void {
    if (this.outbox.isOn) this.outbox.later(this.mail(identifier));
  }

  private async mail(identifier: string): Promise<void> {
    const named = await this.users.findByUsername(identifier);
    const addressed = await this.users.findBy({ email: identifier }, usersAtMost);
    const found = new Map([named ?? [], addressed].flat().map((user) => [user.id, user]));
    for (const user of found.values()) await this.mailTo(user);
  }

  private async mailTo(user: User): Promise<void> {
    const to = this.outbox.addressOf(user);
    if (to === undefined || user.disabled === true) return;
    const key = `recovery links ${hashSecret(user.id)}`;
    const budgets = this.limiter.current(hour, [{ key, atMost: linksAnHour }]);
    if ((await this.limiter.tryInSteps([budgets])) !== undefined) return;
    await this.outbox.sendLink(user, to, { purpose: 'recovery', expiresAt: this.clock.now() + hour });
  }
}
