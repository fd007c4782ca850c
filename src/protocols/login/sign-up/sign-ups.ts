import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { hashSecret, newId } from '../../../domain/credentials/secret';
import type { Events } from '../../../domain/events/events';
import { type User, UserStore } from '../../../domain/identity/user-store';
import { Outbox } from '../../../domain/mail/outbox';
import { Clock } from '../../../platform/clock';
import { CONFIG, type Config } from '../../../platform/config';
import type { ClientAddress } from '../../../platform/http/client-address';
import { budgetsOf, RateLimiter } from '../../../platform/http/rate-limiter';
import { AccountError } from '../account/account-error';
import type { NewCredential } from '../links/link-credential';

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const ofAddressAnHour = 20;
const aDay = 10_000;
/** Mails to one address in an hour, whoever signs up with it. */
const mailsAnHour = 3;
/** Most users with one address who are looked at, and users who are looked at together. */
const usersAtMost = 5;
const usersAtOnce = 100;

interface SignUp {
  /** For which isUsername holds. */
  readonly username: string;
  readonly credential: NewCredential;
  /** Required with `SMTP_URL`: the account can only sign in after its address was verified. */
  readonly email?: string;
}

/** Accounts that end-users make for themselves. */
@Injectable()
export class SignUps implements BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly users: UserStore,
    private readonly limiter: RateLimiter,
    private readonly outbox: Outbox,
  ) {}

  /** Begins to remove what was never verified from a store that is ours. */
  begin(): void {
    if (this.config.signUp) this.timer = setInterval(() => void this.removeUnverified().catch(() => {}), hour).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Counts a sign-up. Throws: 429 with `Retry-After`; the limit of a day counts even if limits are off. */
  async count(client: ClientAddress): Promise<void> {
    await this.limiter.take(hour, budgetsOf(client, 'sign-ups', ofAddressAnHour));
    const spent = await this.limiter.tryInSteps([this.limiter.current(day, [{ key: 'sign-ups', atMost: aDay }])]);
    if (spent !== undefined) throw this.limiter.refusal(spent);
  }

  /** Throws: {@link AccountError} already_exists. */
  async assertFree(username: string): Promise<void> {
    const user = await this.users.findByUsername(username);
    if (user === undefined) return;
    if (!this.isForgotten(user)) throw new AccountError('already_exists');
    await this.users.remove(user.id);
  }

  /**
   * Adds the user, and mails the link that verifies the address; who has that address already is told instead, and the caller
   * cannot tell. Throws: {@link AccountError} already_exists.
   */
  async add({ username, credential, email }: SignUp, events: Events): Promise<User> {
    const now = this.clock.now();
    const user = {
      id: newId(),
      username,
      ...fieldsOf(credential),
      ...(email !== undefined && { email, emailVerified: false, unverifiedUntil: now + day }),
      updatedAt: now,
      demo: false,
    };
    const passkey = 'passkey' in credential ? credential.passkey.credentialId : undefined;
    if (passkey !== undefined && (await this.users.findBy({ passkey }, 1)).length > 0) {
      throw new AccountError('already_exists');
    }
    if (!(await this.users.add(user))) throw new AccountError('already_exists');
    // Of two who store the same passkey at once, at most one keeps it.
    if (passkey !== undefined && (await this.users.findBy({ passkey })).length > 1) {
      await this.users.remove(user.id);
      throw new AccountError('already_exists');
    }
    events.emit({ type: 'user_signed_up', sub: user.id });
    if (email !== undefined) this.outbox.later(this.mail(user, email, now + day));
    return user;
  }

  /** Removes the accounts whose address was not verified in a day. */
  async removeUnverified(): Promise<void> {
    for (let after: string | undefined; ;) {
      const users = await this.users.listUnverified(usersAtOnce, after);
      for (const user of users) if (this.isForgotten(user)) await this.users.remove(user.id);
      if (users.length < usersAtOnce) return;
      after = users.at(-1)?.username;
    }
  }

  private async mail(user: User, email: string, expiresAt: number): Promise<void> {
    const key = `sign-up mails ${hashSecret(email.toLowerCase())}`;
    const budgets = this.limiter.current(hour, [{ key, atMost: mailsAnHour }]);
    if ((await this.limiter.tryInSteps([budgets])) !== undefined) return;
    const others = await this.users.findBy({ email }, usersAtMost);
    const owner = others.find((each) => this.outbox.addressOf(each) !== undefined);
    if (owner === undefined) await this.outbox.sendLink(user, email, { purpose: 'email', expiresAt });
    else this.outbox.tell(owner, 'address_taken');
  }

  /** A minute later than its link expires: on no clock can it be verified any more. */
  private isForgotten({ unverifiedUntil }: User): boolean {
    return unverifiedUntil !== undefined && unverifiedUntil + minute < this.clock.now();
  }
}

function fieldsOf(credential: NewCredential): Pick<User, 'passwordHash' | 'passkeys' | 'userHandle'> {
  if (!('passkey' in credential)) return credential;
  return { passkeys: [credential.passkey], userHandle: credential.userHandle };
}
