import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { page } from '../../platform/pages/page';
import { PageRenderer } from '../../platform/pages/page-renderer';
import { sendPage } from '../../platform/pages/send-page';
import { signedIn } from './account-access';
import { type AccountView, AccountViews } from './account-view';
import { accountEndOperation, accountOperation } from './account.openapi';
import { FormProtection } from './csrf';
import { Revocation, type RevocationContext } from './revocation';
import { LoginError } from './login-error';
import type { Session } from '../../domain/challenges/session';
import { Sessions } from './sessions';
import { signedOutPage } from './signed-out-page';

const accountPage = page<AccountView & { readonly csrf: string }>('protocols/login/views/account');

/** The page where end-users see and end the access to their account. Source: docs/http-api.md, section GET /account. */
@Controller()
export class AccountController {
  constructor(
    private readonly sessions: Sessions,
    private readonly views: AccountViews,
    private readonly revocation: Revocation,
    private readonly protection: FormProtection,
    private readonly pages: PageRenderer,
  ) {}

  @Endpoint({ method: 'GET', path: '/account', access: signedIn, describe: accountOperation })
  async show(request: FastifyRequest, reply: FastifyReply, session: Session): Promise<void> {
    const view = await this.views.of(session);
    const csrf = this.protection.issue(request, reply);
    sendPage(reply, 200, this.pages.render(accountPage, { ...view, csrf }));
  }

  /**
   * Ends what the form names and shows the page again; without a session it says that nobody is signed in. Throws: {@link
   * LoginError}.
   */
  @Endpoint({ method: 'POST', path: '/account', access: signedIn, body: 'form', describe: accountEndOperation })
  async end(request: FastifyRequest, reply: FastifyReply, session: Session): Promise<void> {
    const [form, { events }] = [formOf(request), request];
    await this.endNamed(form.get('end'), form.get('id') ?? '', session, { reason: 'account', events });
    if ((await this.sessions.current(request)) !== undefined) return void reply.redirect('/account', 303);
    this.sessions.forget(reply);
    sendPage(reply, 200, this.pages.render(signedOutPage, { clientName: undefined }));
  }

  private async endNamed(
    what: string | undefined,
    id: string,
    current: Session,
    context: RevocationContext,
  ): Promise<void> {
    const { sub } = current.authentication;
    switch (what) {
      case 'session': {
        const session = id === current.id ? current : await this.sessions.find(id);
        if (session?.authentication.sub === sub) await this.revocation.endSession(session, context);
        return;
      }
      case 'app':
        return this.revocation.endAccess(sub, id, context);
      case 'everything':
        return this.revocation.endAccount(sub, context);
      default:
        throw new LoginError('ending_invalid');
    }
  }
}
