import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isEmailAddress } from '../../../domain/identity/email-address';
import { linkLifetime } from '../../../domain/identity/user-links';
import { Outbox } from '../../../domain/mail/outbox';
import { Clock } from '../../../platform/clock';
import { FieldError } from '../../../platform/fields/field-error';
import { formOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import { RateLimiter } from '../../../platform/http/rate-limiter';
import { AccountError } from './account-error';
import { CredentialChanges } from './credential-changes';
import { accountEmailOperation } from './email.openapi';
import { freshPerson, type Person } from './person-access';

const hour = 3_600_000;
/** Addresses that a user may have mailed to: they may be somebody else's. */
const mailsAnHour = 3;

/** The email address, on the account page. Source: docs/http-api.md, section POST /account/email. */
@Controller()
export class AccountEmailController {
  constructor(
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly changes: CredentialChanges,
    private readonly limiter: RateLimiter,
  ) {}

  /** The address becomes the user's with the link that is mailed to it. Throws: {@link AccountError}; 429. */
  @Endpoint({
    method: 'POST',
    path: '/account/email',
    access: freshPerson,
    body: 'form',
    describe: accountEmailOperation,
  })
  async change(request: FastifyRequest, reply: FastifyReply, { user }: Person): Promise<void> {
    const email = formOf(request).get('email')?.trim() ?? '';
    if (!isEmailAddress(email)) throw new FieldError('email', 'an email address of at most 254 characters');
    if (!this.outbox.isOn) throw new AccountError('mail_unavailable');
    const budgets = this.limiter.current(hour, [{ key: `addresses of ${user.id}`, atMost: mailsAnHour }]);
    const spent = await this.limiter.tryInSteps([budgets]);
    if (spent !== undefined) throw this.limiter.refusal(spent);
    const expiresAt = this.clock.now() + linkLifetime * 1000;
    await this.outbox.sendLink(user, email, { purpose: 'email', expiresAt });
    this.changes.announce(user, 'email_changed', request.events);
    void reply.redirect('/account', 303);
  }
}
