import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSelfRegistered } from '../../domain/clients/client';
import { ClientStore } from '../../domain/clients/client-store';
import { formOf, queryOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { Parameters } from '../../platform/http/parameters';
import { AccountNames } from '../../domain/identity/account-names';
import { page } from '../../platform/pages/page';
import { PageRenderer } from '../../platform/pages/page-renderer';
import { sendPage } from '../../platform/pages/send-page';
import { IdTokens } from '../../domain/tokens/id-tokens';
import { FormProtection } from './csrf';
import { Revocation } from './revocation';
import { LogoutHint } from './logout-hint';
import { checkLogoutRequest, type LogoutRequest } from './logout-request';
import { logoutByFormOperation, logoutOperation } from './logout.openapi';
import type { Session } from '../../domain/challenges/session';
import { Sessions } from './sessions';
import { signedOutPage } from './signed-out-page';

const logoutPage = page<{
  readonly csrf: string;
  /** Query of the request that the button confirms. */
  readonly request: string;
  /** Who is signed in: a username or an address. */
  readonly account: string;
  readonly clientName: string | undefined;
}>('protocols/login/views/logout');

/** Logs the end-user out in this browser. Source: OpenID Connect RP-Initiated Logout 1.0. */
@Controller()
export class LogoutController {
  constructor(
    private readonly clients: ClientStore,
    private readonly idTokens: IdTokens,
    private readonly names: AccountNames,
    private readonly sessions: Sessions,
    private readonly revocation: Revocation,
    private readonly protection: FormProtection,
    private readonly hint: LogoutHint,
    private readonly pages: PageRenderer,
  ) {}

  /** Throws: LoginError. */
  @Endpoint({
    method: 'GET',
    path: '/logout',
    access: 'public',
    metadata: 'end_session_endpoint',
    describe: logoutOperation,
  })
  async byQuery(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const asked = this.hint.joined(queryOf(request), request, reply);
    await this.answer(asked, await this.sessions.current(request), request, reply);
  }

  /** Handles the page's button, which sends `csrf`, and a client's form. Throws: LoginError. */
  @Endpoint({ method: 'POST', path: '/logout', access: 'public', body: 'form', describe: logoutByFormOperation })
  async byForm(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    const session = await this.sessions.current(request);
    const csrf = form.get('csrf');
    if (csrf !== undefined) {
      this.protection.assertValid(request, csrf);
      return this.signOut(request, reply, session, await this.check(Parameters.parse(form.get('request') ?? '')));
    }
    if (session !== undefined) return this.answer(form, session, request, reply);
    // A cross-site form comes without the cookie (SameSite=Lax): a redirect makes the browser send it.
    void reply.redirect(`/logout?${this.hint.split(form, reply)}`, 303);
  }

  private async answer(
    parameters: Parameters,
    session: Session | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const asked = await this.check(parameters);
    if (session === undefined || isOfThis(session, asked)) return this.signOut(request, reply, session, asked);
    const html = this.pages.render(logoutPage, {
      csrf: this.protection.issue(request, reply),
      request: parameters.without(),
      account: await this.names.of(session.authentication.sub),
      clientName: asked.client?.name,
    });
    sendPage(reply, 200, html);
  }

  private async check(parameters: Parameters): Promise<LogoutRequest> {
    const readHint = (token: string) => this.idTokens.read(token);
    return checkLogoutRequest(parameters, readHint, (clientId) => this.clients.find(clientId));
  }

  private async signOut(
    request: FastifyRequest,
    reply: FastifyReply,
    session: Session | undefined,
    asked: LogoutRequest,
  ): Promise<void> {
    const { location, client } = asked;
    const { events } = request;
    if (session !== undefined) await this.revocation.endSession(session, { reason: 'logout', events });
    this.sessions.forget(reply);
    // Anybody can register a client and get ID tokens for logins of their own. Such a client may redirect only a browser whose
    // own session the ID token names: no open redirector. Source: OpenID Connect RP-Initiated Logout 1.0 §3, RFC 9700 §4.11.2.
    const isOwn = session !== undefined && isOfThis(session, asked);
    const mayLead = client !== undefined && (isOwn || !isSelfRegistered(client));
    if (location !== undefined && mayLead) void reply.redirect(location, 303);
    else sendPage(reply, 200, this.pages.render(signedOutPage, { clientName: client?.name }));
  }
}

/** An ID token of this browser's own session proves that the sender took part in the login. */
function isOfThis({ id, authentication, replaced = [] }: Session, { hint }: LogoutRequest): boolean {
  const isHinted = (sid: string) => sid === hint?.sid;
  return [id, ...replaced].some(isHinted) && hint?.sub === authentication.sub;
}
