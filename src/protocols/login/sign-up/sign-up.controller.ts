import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newSecret } from '../../../domain/credentials/secret';
import { isEmailAddress } from '../../../domain/identity/email-address';
import { canonicalUsername, isUsername, longestUsername, typedUsername } from '../../../domain/identity/username';
import { Outbox } from '../../../domain/mail/outbox';
import { Clock } from '../../../platform/clock';
import { CONFIG, type Config } from '../../../platform/config';
import { FieldError } from '../../../platform/fields/field-error';
import { formOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import { HttpError } from '../../../platform/http/http-error';
import { page } from '../../../platform/pages/page';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { PasskeyCreations } from '../../passkey/passkey-creations';
import { credentialBodyLimit } from '../../passkey/passkey-limits';
import { AccountError } from '../account/account-error';
import { FormProtection, isFromAnotherSite } from '../csrf';
import { pageFieldsIn } from '../page-fields';
import { interruptedRequest, resumeLocation } from '../interrupted-request';
import { LoginError } from '../login-error';
import { NewCredentials } from '../new-credentials';
import { Sessions } from '../sessions';
import { signUpOperation, signUpPageOperation, signUpPasskeyOperation } from './sign-up.openapi';
import { SignUps } from './sign-ups';

const signUpPage = page<{
  readonly csrf: string;
  /** Query of the interrupted authorization request; empty without one. */
  readonly request: string;
  readonly hasPasskeys: boolean;
  readonly needsEmail: boolean;
  /** Whether the account was made, and its address must be verified. */
  readonly done: boolean;
}>('protocols/login/sign-up/views/sign-up');

const signUpLimit = { name: 'sign-up', address: 300, subject: 10 } as const;

/** The page where anybody makes an account, with `SIGN_UP=open`. Source: docs/http-api.md, section GET /sign-up. */
@Controller()
export class SignUpController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly protection: FormProtection,
    private readonly signUps: SignUps,
    private readonly credentials: NewCredentials,
    private readonly passkeys: PasskeyCreations,
    private readonly outbox: Outbox,
    private readonly sessions: Sessions,
    private readonly pages: PageRenderer,
  ) {}

  /** The query is that of the interrupted authorization request. Throws: 404 while sign-up is off. */
  @Endpoint({ method: 'GET', path: '/sign-up', access: 'public', describe: signUpPageOperation })
  show(request: FastifyRequest, reply: FastifyReply): void {
    this.assertOn();
    const [, ...query] = request.originalUrl.split('?');
    this.send(reply, interruptedRequest(query.join('?')), false);
  }

  /** Throws: {@link LoginError}, {@link AccountError}; 404 while sign-up or passkeys are off. */
  @Endpoint({
    method: 'POST',
    path: '/sign-up/challenge',
    access: 'public',
    body: 'json',
    notJson: () => new AccountError('body_invalid'),
    status: 201,
    limit: { ...signUpLimit, name: 'sign-up-challenge', subject: 30, subjectOf: usernameInJson },
    describe: signUpPasskeyOperation,
  })
  async challenge(request: FastifyRequest, reply: FastifyReply): ReturnType<PasskeyCreations['begin']> {
    this.assertOn();
    const fields = pageFieldsIn(request.body);
    if (fields === undefined) throw new AccountError('body_invalid');
    this.protection.assertValid(request, fields.csrf);
    const username = usernameOf(fields.username);
    await this.signUps.assertFree(username);
    const [browser, handle] = [this.protection.browserOf(request, reply), newSecret()];
    const user = { name: username, displayName: username, handle };
    return this.passkeys.begin({ browser, owner: ownerOf(username), user, existing: [] });
  }

  /**
   * 303 with a session to the interrupted request, or to the login page, where the new passkey is used; with mail, a page that
   * says to verify the address. Throws: {@link LoginError}, {@link AccountError}, {@link FieldError}, PasskeyError; 429; 404.
   */
  @Endpoint({
    method: 'POST',
    path: '/sign-up',
    access: 'public',
    body: 'form',
    bodyLimit: credentialBodyLimit,
    limit: { ...signUpLimit, subjectOf: usernameInForm },
    describe: signUpOperation,
  })
  async signUp(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    this.assertOn();
    const [form, { events }] = [formOf(request), request];
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const interrupted = interruptedRequest(form.get('request'));
    const username = usernameOf(form.get('username'));
    const email = this.outbox.isOn ? emailOf(form.get('email')) : undefined;
    await this.signUps.count(request.client);
    await this.signUps.assertFree(username);
    const credential = await this.credentials.read(request, form, form.get('password') ?? '', ownerOf(username));
    const { id: sub } = await this.signUps.add({ username, credential, ...(email !== undefined && { email }) }, events);
    if (email !== undefined) return this.send(reply, interrupted, true);
    // Nobody has shown yet that they have the key of the passkey.
    if ('passkey' in credential) return void reply.redirect(`/login?${interrupted}`, 303);
    await this.sessions.begin(reply, { sub, amr: ['pwd'], authTime: Math.floor(this.clock.now() / 1000) });
    events.emit({ type: 'session_begun', model: 'pkce', sub });
    void reply.redirect(resumeLocation(interrupted, this.config), 303);
  }

  private send(reply: FastifyReply, request: string, done: boolean): void {
    const csrf = this.protection.issue(reply.request, reply);
    const [hasPasskeys, needsEmail] = [this.passkeys.isOn, this.outbox.isOn];
    sendPage(reply, 200, this.pages.render(signUpPage, { csrf, request, hasPasskeys, needsEmail, done }));
  }

  private assertOn(): void {
    if (!this.config.signUp) throw new HttpError('not_found');
  }
}

function usernameOf(text: string | undefined): string {
  const username = typedUsername(text ?? '');
  if (isUsername(username)) return username;
  throw new FieldError('username', `1 to ${longestUsername} visible characters`);
}

function emailOf(text: string | undefined): string {
  const email = text?.trim() ?? '';
  if (isEmailAddress(email)) return email;
  throw new FieldError('email', 'an email address of at most 254 characters');
}

function ownerOf(username: string): string {
  return `sign-up ${canonicalUsername(username)}`;
}

/** A cross-site request is refused anyway and must not use up the attempts of its victim. */
function usernameInForm(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request)
    ? undefined
    : canonicalUsername(typedUsername(formOf(request).get('username') ?? ''));
}

function usernameInJson(request: FastifyRequest): string | undefined {
  if (isFromAnotherSite(request)) return undefined;
  return canonicalUsername(typedUsername(pageFieldsIn(request.body)?.username ?? ''));
}
