import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashSecret, newSecret } from '../../../domain/credentials/secret';
import { Clock } from '../../../platform/clock';
import { formOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import { page } from '../../../platform/pages/page';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { PasskeyCreations } from '../../passkey/passkey-creations';
import { credentialBodyLimit } from '../../passkey/passkey-limits';
import { AccountError } from '../account/account-error';
import { FormProtection, isFromAnotherSite } from '../csrf';
import { pageFieldsIn } from '../page-fields';
import { KnownBrowsers } from '../known-browsers';
import { LoginError } from '../login-error';
import { NewCredentials } from '../new-credentials';
import { PasswordLogins } from '../password-logins';
import { Revocation } from '../revocation';
import { Sessions } from '../sessions';
import { LinkError } from './link-error';
import { LinkUses } from './link-uses';
import { linkOperation, linkPageOperation, linkPasskeyOperation } from './link.openapi';

const linkPage = page<{ readonly csrf: string; readonly hasPasskeys: boolean }>('protocols/login/links/views/link');

const linkLimit = { name: 'link', address: 300, subject: 10 } as const;

/** Invitations, recoveries and the verification of an email address. Source: docs/http-api.md, section GET /link. */
@Controller()
export class LinkController {
  constructor(
    private readonly clock: Clock,
    private readonly protection: FormProtection,
    private readonly links: LinkUses,
    private readonly passkeys: PasskeyCreations,
    private readonly credentials: NewCredentials,
    private readonly passwords: PasswordLogins,
    private readonly browsers: KnownBrowsers,
    private readonly sessions: Sessions,
    private readonly revocation: Revocation,
    private readonly pages: PageRenderer,
  ) {}

  /** The same page for every link, which is in the fragment: a scanner of mail that fetches it uses nothing up. */
  @Endpoint({ method: 'GET', path: '/link', access: 'public', describe: linkPageOperation })
  show(request: FastifyRequest, reply: FastifyReply): void {
    const csrf = this.protection.issue(request, reply);
    sendPage(reply, 200, this.pages.render(linkPage, { csrf, hasPasskeys: this.passkeys.isOn }));
  }

  /** Throws: {@link LoginError}, {@link LinkError}, {@link AccountError}; 404 where passkeys are off. */
  @Endpoint({
    method: 'POST',
    path: '/link/passkeys/challenge',
    access: 'public',
    body: 'json',
    notJson: () => new AccountError('body_invalid'),
    status: 201,
    limit: { ...linkLimit, name: 'link-challenge', subject: 30, subjectOf: secretInJson },
    describe: linkPasskeyOperation,
  })
  async challenge(request: FastifyRequest, reply: FastifyReply): ReturnType<PasskeyCreations['begin']> {
    const fields = pageFieldsIn(request.body);
    if (fields === undefined) throw new AccountError('body_invalid');
    this.protection.assertValid(request, fields.csrf);
    const { user, link } = await this.links.find(fields.secret ?? '', request.events);
    if (link.purpose === 'email') throw new LinkError('link_unknown');
    return this.passkeys.begin({
      browser: this.protection.browserOf(request, reply),
      owner: `link ${link.secretHash}`,
      user: { name: user.username, displayName: user.name ?? user.username, handle: user.userHandle ?? newSecret() },
      existing: user.passkeys ?? [],
    });
  }

  /** 303 to the account page with a new session. Throws: {@link LoginError}, {@link LinkError}, {@link AccountError}, PasskeyError. */
  @Endpoint({
    method: 'POST',
    path: '/link',
    access: 'public',
    body: 'form',
    bodyLimit: credentialBodyLimit,
    limit: { ...linkLimit, subjectOf: secretInForm },
    describe: linkOperation,
  })
  async use(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const [form, { events }] = [formOf(request), request];
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const found = await this.links.find(form.get('secret') ?? '', events);
    if (found.link.purpose === 'email') {
      await this.links.verifyEmail(found, events);
      return void reply.redirect('/account', 303);
    }
    const [password, owner] = [form.get('new_password') ?? '', `link ${found.link.secretHash}`];
    const credential = await this.credentials.read(request, form, password, owner);
    const removesOthers = form.get('remove_others') !== undefined;
    const user = await this.links.use(found, credential, removesOthers, events);
    if ('passwordHash' in credential) this.browsers.remember(reply, user);
    const authTime = Math.floor(this.clock.now() / 1000);
    const session = await this.sessions.begin(reply, { sub: user.id, amr: ['otp'], authTime });
    if (!(await this.passwords.isStillValid({ user }))) {
      await this.revocation.endSession(session, { reason: 'administrator', events });
      this.sessions.forget(reply);
      throw new LinkError('link_unknown');
    }
    events.emit({ type: 'session_begun', model: 'pkce', sub: user.id });
    void reply.redirect('/account', 303);
  }
}

/** A cross-site request is refused anyway and must not use up the attempts of a link. */
function secretInForm(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : hashSecret(formOf(request).get('secret') ?? '');
}

function secretInJson(request: FastifyRequest): string | undefined {
  if (isFromAnotherSite(request)) return undefined;
  return hashSecret(pageFieldsIn(request.body)?.secret ?? '');
}
