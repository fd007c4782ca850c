import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashPassword } from '../../../domain/credentials/password';
import { isFitPassword } from '../../../domain/credentials/password-rule';
import { newId } from '../../../domain/credentials/secret';
import { passwordVersionOf, type User, UserStore } from '../../../domain/identity/user-store';
import { FieldError } from '../../../platform/fields/field-error';
import { formOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import { KnownBrowsers } from '../known-browsers';
import { PasswordLogins } from '../password-logins';
import { Revocation } from '../revocation';
import { AccountError } from './account-error';
import { CredentialChanges } from './credential-changes';
import { accountPasswordOperation } from './password.openapi';
import { freshPerson, type Person } from './person-access';

/** The password, on the account page. Source: docs/http-api.md, section POST /account/password. */
@Controller()
export class AccountPasswordController {
  constructor(
    private readonly logins: PasswordLogins,
    private readonly changes: CredentialChanges,
    private readonly users: UserStore,
    private readonly revocation: Revocation,
    private readonly browsers: KnownBrowsers,
  ) {}

  /** Ends the other sessions, all codes and all grants. Throws: {@link AccountError}, and 429 as {@link PasswordLogins}. */
  @Endpoint({
    method: 'POST',
    path: '/account/password',
    access: freshPerson,
    body: 'form',
    describe: accountPasswordOperation,
  })
  async change(request: FastifyRequest, reply: FastifyReply, { user, session }: Person): Promise<void> {
    const form = formOf(request);
    const action = form.get('action');
    if (action !== undefined && action !== 'remove') throw new FieldError('action', 'remove, or none');
    const password = action === 'remove' ? undefined : (form.get('new_password') ?? '');
    if (password !== undefined && !(await isFitPassword(password))) throw new AccountError('password_unfit');
    await this.assertCurrent(request, user, form.get('current_password') ?? '');
    const changed = await this.store(user, password, request);
    if (password !== undefined) this.browsers.remember(reply, changed);
    await this.revocation.endSubject(user.id, { reason: 'account', events: request.events }, session.id);
    await this.users.endingDone(changed);
    void reply.redirect('/account', 303);
  }

  private async assertCurrent(request: FastifyRequest, user: User, password: string): Promise<void> {
    if (user.passwordHash === undefined) return;
    if (!(await this.logins.isPasswordOf(user, password, request))) throw new AccountError('password_wrong');
  }

  private async store(known: User, password: string | undefined, { events }: FastifyRequest): Promise<User> {
    const passwordHash = password === undefined ? undefined : await hashPassword(password);
    const type = passwordHash === undefined ? 'password_removed' : 'password_changed';
    return this.changes.change(known.id, type, events, (before) => {
      // The password that was just proven may be another's by now.
      if (passwordVersionOf(before) !== passwordVersionOf(known)) throw new AccountError('password_wrong');
      const { passwordHash: former, passwordVersion: _version, ...others } = before;
      if (passwordHash !== undefined) return { ...others, passwordHash, endingDue: newId() };
      if (former === undefined) throw new AccountError('record_unknown');
      return { ...others, endingDue: newId() };
    });
  }
}
