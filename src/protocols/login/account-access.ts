import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Access, answered, type Guard } from '../../platform/http/access';
import { formOf } from '../../platform/http/bodies';
import { FormProtection } from './csrf';
import { accountRequest } from './interrupted-request';
import { LoginError } from './login-error';
import type { Session } from '../../domain/challenges/session';
import { Sessions } from './sessions';

/** Admits the end-user signed in at the browser; a form must come from a page that was shown to them. */
@Injectable()
export class AccountAccess implements Guard<Session> {
  constructor(
    private readonly sessions: Sessions,
    private readonly protection: FormProtection,
  ) {}

  /** Redirects to the login page, and back, without a session. Throws: {@link LoginError}. */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<Session | typeof answered> {
    if (request.method === 'POST') assertAccountForm(request, this.protection);
    const session = await this.sessions.current(request);
    if (session !== undefined) return session;
    void reply.redirect(`/login?${accountRequest}`, 303);
    return answered;
  }
}

/** Throws: {@link LoginError} for a form of another page, or with a repeated field. */
export function assertAccountForm(request: FastifyRequest, protection: FormProtection): void {
  const form = formOf(request);
  protection.assertValid(request, form.get('csrf'));
  if (form.hasRepeated()) throw new LoginError('parameter_repeated');
}

export const signedIn: Access<Session> = { by: 'browser session', guard: AccountAccess };
