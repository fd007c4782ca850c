import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Acting, Operators } from '../../../domain/operators/operators';
import { Endpoint } from '../../../platform/http/endpoint';
import { HttpError } from '../../../platform/http/http-error';
import { Parameters } from '../../../platform/http/parameters';
import type { ProtocolError } from '../../../platform/http/protocol-error';
import { page } from '../../../platform/pages/page';
import { FormProtection, isFromAnotherSite } from '../../../protocols/login/csrf';
import { LoginError } from '../../../protocols/login/login-error';
import { Revocation } from '../../../protocols/login/revocation';
import { Sessions } from '../../../protocols/login/sessions';
import { ConsoleAccess, consolePath, inConsole, placeIn } from './console-access';
import { ConsolePages, type Frame } from './console-pages';
import { ConsoleSessions } from './console-sessions';
import { consoleOperation, consoleSignInOperation, consoleSignOutOperation } from './console.openapi';
import { Overview, type OverviewView } from './overview';

const overviewPage = page<Frame & OverviewView>('operations/admin/console/views/overview');

/** The first page of the console, and how to come in and leave. Source: docs/console.md. */
@Controller()
export class ConsoleController {
  constructor(
    private readonly access: ConsoleAccess,
    private readonly operators: Operators,
    private readonly console: ConsoleSessions,
    private readonly sessions: Sessions,
    private readonly revocation: Revocation,
    private readonly protection: FormProtection,
    private readonly overview: Overview,
    private readonly pages: ConsolePages,
  ) {}

  @Endpoint({ method: 'GET', path: consolePath, access: inConsole('viewer'), describe: consoleOperation })
  async show(_request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    this.pages.send(reply, by, overviewPage, await this.overview.of(by));
  }

  /**
   * Begins a session for a browser that shows a token; otherwise the form again with 401 or, over the limit, 429. Throws:
   * {@link LoginError}.
   */
  @Endpoint({ method: 'POST', path: consolePath, access: 'public', body: 'form', describe: consoleSignInOperation })
  async signIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // A cross-site request must not use up the victim's attempts.
    if (isFromAnotherSite(request)) throw new LoginError('csrf_invalid');
    // A form without a body has no fields, and is refused for that.
    const form = request.body instanceof Parameters ? request.body : Parameters.parse('');
    const [token, to] = [form.get('token') ?? '', placeIn(form.get('to'))];
    const acting = await this.actingBy(token, request);
    if (!('actor' in acting)) return this.access.askToSignIn(request, reply, { failure: acting, isAgain: true, to });
    this.protection.assertValid(request, form.get('csrf'));
    await this.console.begin(reply, acting, token);
    return void reply.redirect(to, 303);
  }

  /** Ends the session on the server: that of a token or, of a person, the login. Throws: {@link LoginError}. */
  @Endpoint({
    method: 'POST',
    path: `${consolePath}/sign-out`,
    access: inConsole('viewer'),
    body: 'form',
    describe: consoleSignOutOperation,
  })
  async signOut(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    this.pages.fieldsOf(request);
    await this.console.end(request, reply);
    const session = by.actor.type === 'user' ? await this.sessions.current(request) : undefined;
    if (session !== undefined) {
      await this.revocation.endSession(session, { reason: 'logout', events: request.events });
      this.sessions.forget(reply);
    }
    return void reply.redirect(consolePath, 303);
  }

  private async actingBy(token: string, { client }: FastifyRequest): Promise<Acting | ProtocolError> {
    try {
      return (await this.operators.named(token, client)) ?? this.access.refusal;
    } catch (error) {
      if (error instanceof HttpError && error.code === 'rate_limited') return error;
      throw error;
    }
  }
}
