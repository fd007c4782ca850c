import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Session } from '../../../domain/challenges/session';
import { type User, UserStore } from '../../../domain/identity/user-store';
import { Clock } from '../../../platform/clock';
import { type Access, answered, type Guard } from '../../../platform/http/access';
import { assertAccountForm } from '../account-access';
import { FormProtection } from '../csrf';
import { pageFieldsIn } from '../page-fields';
import { accountRequest } from '../interrupted-request';
import { Sessions } from '../sessions';
import { AccountError } from './account-error';

/** Milliseconds after a login in which it may change credentials. */
const freshMs = 300_000;

/** A user who has just logged in, and the session of this browser. */
export interface Person {
  readonly user: User;
  readonly session: Session;
}

/** Admits a user who logged in at most five minutes ago, to whatever changes a credential. */
@Injectable()
export class PersonAccess implements Guard<Person> {
  constructor(
    private readonly protection: FormProtection,
    private readonly sessions: Sessions,
    private readonly users: UserStore,
    private readonly clock: Clock,
  ) {}

  /** Redirects a form to the login page, and back, without a fresh login. Throws: LoginError, {@link AccountError}. */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<Person | typeof answered> {
    const isForm = request.routeOptions.config.endpoint?.body === 'form';
    if (isForm) assertAccountForm(request, this.protection);
    else this.assertJson(request);
    const session = await this.sessions.current(request);
    const user = session && (await this.users.find(session.authentication.sub));
    if (session !== undefined && user === undefined) throw new AccountError('access_denied');
    if (session !== undefined && user !== undefined && this.isFresh(session)) return { user, session };
    if (!isForm) throw new AccountError('login_too_old');
    void reply.redirect(`/login?${accountRequest}`, 303);
    return answered;
  }

  private assertJson(request: FastifyRequest): void {
    const fields = pageFieldsIn(request.body);
    if (fields === undefined) throw new AccountError('body_invalid');
    this.protection.assertValid(request, fields.csrf);
  }

  private isFresh({ authentication }: Session): boolean {
    return this.clock.now() - authentication.authTime * 1000 <= freshMs;
  }
}

export const freshPerson: Access<Person> = { by: 'browser session', guard: PersonAccess };
