import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { canonicalUsername, typedUsername } from '../../domain/identity/username';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { page } from '../../platform/pages/page';
import { PageRenderer } from '../../platform/pages/page-renderer';
import { sendPage } from '../../platform/pages/send-page';
import { FormProtection, isFromAnotherSite } from './csrf';
import { LoginError } from './login-error';
import { PasswordLogins } from './password-logins';
import { recoveryLoginOperation, recoveryPageOperation } from './recovery-login.openapi';
import { RecoveryLogins } from './recovery-logins';
import { Revocation } from './revocation';
import { Sessions } from './sessions';

/** Characters of a sent username that the form shows again. */
const longestUsername = 200;

const recoveryPage = page<{ readonly csrf: string; readonly username: string; readonly failed: boolean }>(
  'protocols/login/views/recovery',
);

/** The form for a recovery code. Source: docs/http-api.md, section POST /login/recovery. */
@Controller()
export class RecoveryLoginController {
  constructor(
    private readonly protection: FormProtection,
    private readonly logins: RecoveryLogins,
    private readonly passwords: PasswordLogins,
    private readonly sessions: Sessions,
    private readonly revocation: Revocation,
    private readonly pages: PageRenderer,
  ) {}

  @Endpoint({ method: 'GET', path: '/login/recovery', access: 'public', describe: recoveryPageOperation })
  show(_request: FastifyRequest, reply: FastifyReply): void {
    this.send(reply, 200, '');
  }

  /** 303 to the account page with a new session, or the form again with 401. Throws: {@link LoginError}; 429. */
  @Endpoint({
    method: 'POST',
    path: '/login/recovery',
    access: 'public',
    body: 'form',
    limit: { name: 'recovery', address: 300, subject: 10, subjectOf: usernameIn },
    step: { model: 'pkce', step: 'login', place: 2 },
    describe: recoveryLoginOperation,
  })
  async logIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const username = typedUsername(form.get('username') ?? '');
    const { events } = request;
    const login = await this.logins.authenticate(request, username, form.get('code') ?? '');
    const session = login && (await this.sessions.begin(reply, login.authentication));
    if (login === undefined || session === undefined || !(await this.passwords.isStillValid(login))) {
      if (session !== undefined) await this.revocation.endSession(session, { reason: 'administrator', events });
      if (session !== undefined) this.sessions.forget(reply);
      events.emit({ type: 'request_refused', reason: 'recovery_code_wrong' });
      return this.send(reply, 401, username);
    }
    events.emit({ type: 'session_begun', model: 'pkce', sub: login.authentication.sub });
    void reply.redirect('/account', 303);
  }

  private send(reply: FastifyReply, status: 200 | 401, username: string): void {
    const csrf = this.protection.issue(reply.request, reply);
    const shown = username.slice(0, longestUsername);
    sendPage(reply, status, this.pages.render(recoveryPage, { csrf, username: shown, failed: status === 401 }));
  }
}

function usernameIn(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request)
    ? undefined
    : canonicalUsername(typedUsername(formOf(request).get('username') ?? ''));
}
