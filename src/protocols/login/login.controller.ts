import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { Revocation } from './revocation';
import { canonicalUsername, typedUsername } from '../../domain/identity/username';
import { LoginError } from './login-error';
import { FormProtection, isFromAnotherSite } from './csrf';
import { interruptedRequest, resumeLocation } from './interrupted-request';
import { LoginPage } from './login-page';
import { PasswordLogins } from './password-logins';
import { Sessions } from './sessions';
import { loginOperation, loginPageOperation } from './login.openapi';

/** The login page and its password form. */
@Controller()
export class LoginController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly page: LoginPage,
    private readonly protection: FormProtection,
    private readonly logins: PasswordLogins,
    private readonly sessions: Sessions,
    private readonly revocation: Revocation,
  ) {}

  /** The query is that of the interrupted authorization request. */
  @Endpoint({ method: 'GET', path: '/login', access: 'public', describe: loginPageOperation })
  async show(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const [, ...query] = request.originalUrl.split('?');
    await this.page.show(reply, interruptedRequest(query.join('?')));
  }

  /**
   * 303 to the interrupted request with a new session, or the form again with 401. Throws: {@link LoginError}, and 429 as
   * {@link PasswordLogins}.
   */
  @Endpoint({
    method: 'POST',
    path: '/login',
    access: 'public',
    body: 'form',
    limit: { name: 'login', address: 60, subject: 10, subjectOf: usernameIn },
    step: { model: 'pkce', step: 'login', place: 2 },
    describe: loginOperation,
  })
  async logIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const interrupted = interruptedRequest(form.get('request'));
    const username = typedUsername(form.get('username') ?? '');
    const { events } = request;
    const login = await this.logins.authenticate(reply, username, form.get('password') ?? '');
    const session = login && (await this.sessions.begin(reply, login.authentication));
    const isValid = login !== undefined && (await this.logins.isStillValid(login));
    if (!isValid) {
      if (session !== undefined) await this.revocation.endSession(session, { reason: 'administrator', events });
      if (session !== undefined) this.sessions.forget(reply);
      events.emit({ type: 'request_refused', reason: 'password_wrong' });
      return this.page.showFailed(reply, interrupted, username);
    }
    events.emit({ type: 'session_begun', model: 'pkce', sub: login.authentication.sub });
    void reply.redirect(resumeLocation(interrupted, this.config), 303);
  }
}

/** A cross-site request is refused anyway and must not use up its victim's attempts. */
function usernameIn(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request)
    ? undefined
    : canonicalUsername(typedUsername(formOf(request).get('username') ?? ''));
}
