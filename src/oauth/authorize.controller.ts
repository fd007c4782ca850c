import { Body, Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { consentPage } from '../login/consent-page';
import { FormProtection } from '../login/csrf';
import type { Session } from '../login/session-store';
import { Sessions } from '../login/sessions';
import { hashSecret } from '../credentials/secret';
import { addressOf } from '../identity/account-id';
import { ClientStore } from '../clients/client-store';
import { describeScope } from '../clients/scope';
import { CONFIG, type Config } from '../config';
import { formOf } from '../http/bodies';
import { Parameters } from '../http/parameters';
import { PageRenderer } from '../pages/page-renderer';
import { sendPage } from '../pages/send-page';
import { AuthorizationError } from './authorization-error';
import { type AuthorizationRequest, checkAuthorizationRequest } from './authorization-request';
import { AuthorizeFlow, redirectTo } from './authorize.flow';
import { OAuthError } from './oauth-error';
import { DescribeAuthorizeByForm, DescribeAuthorizeByQuery, DescribeConsent } from './authorize.openapi';

/** The browser's side of the PKCE model. Source: RFC 6749 §3.1. */
@Controller()
export class AuthorizeController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly sessions: Sessions,
    private readonly forms: FormProtection,
    private readonly pages: PageRenderer,
    private readonly flow: AuthorizeFlow,
  ) {}

  @Get('authorize')
  @DescribeAuthorizeByQuery()
  async authorizeByQuery(@Query() query: Parameters, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    await this.authorize(query, request, reply);
  }

  @Post('authorize')
  @DescribeAuthorizeByForm()
  @RouteConfig({ body: 'form' })
  async authorizeByForm(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    await this.authorize(formOf(body), request, reply);
  }

  /** The answer of the consent page. */
  @Post('consent')
  @DescribeConsent()
  @RouteConfig({ body: 'form' })
  async consent(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const form = formOf(body);
    if (form.hasRepeated()) throw new OAuthError('parameter_repeated');
    this.forms.assertValid(request, form.get('csrf'));
    const parameters = Parameters.parse(form.get('request') ?? '');
    await this.answer(reply, parameters, async (authorization) => {
      const session = await this.sessions.current(request);
      if (session === undefined) return `/login?${parameters.without()}`;
      // Somebody else has logged in since the page was shown: ask that person, rather than take this answer for theirs.
      if (form.get('asked') !== askedSession(session)) return `/authorize?${parameters.without()}`;
      const decision = form.get('decision');
      if (decision === 'deny') throw new AuthorizationError('denied', authorization);
      if (decision !== 'allow') throw new OAuthError('decision_required');
      await this.flow.consent(authorization, session);
      return this.flow.issueCode(authorization, session);
    });
  }

  private async authorize(parameters: Parameters, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.answer(reply, parameters, async (authorization) => {
      const next = await this.flow.authorize(authorization, await this.sessions.current(request));
      if (next.step === 'redirect') return next.location;
      if (next.step === 'login') return `/login?${parameters.without()}`;
      const { client, redirectUri, scope } = authorization;
      const { sub } = next.session.authentication;
      const page = this.pages.render(consentPage, {
        clientName: client.name,
        clientHost: new URL(redirectUri).host,
        account: addressOf(sub) ?? sub,
        asked: askedSession(next.session),
        allows: scope.map(describeScope),
        csrf: this.forms.issue(request, reply),
        request: parameters.without(),
      });
      sendPage(reply, 200, page);
      return undefined;
    });
  }

  /** Checks the request, and redirects to wherever `next` says; an AuthorizationError goes back to the client. */
  private async answer(
    reply: FastifyReply,
    parameters: Parameters,
    next: (authorization: AuthorizationRequest) => Promise<string | undefined>,
  ): Promise<void> {
    void reply.header('cache-control', 'no-store');
    try {
      const find = (clientId: string) => this.clients.find(clientId);
      const authorization = await checkAuthorizationRequest(parameters, this.config.issuer, find);
      const location = await next(authorization);
      // 303, so that the body of a form is never sent on. Source: RFC 9700 §4.12.
      if (location !== undefined) void reply.redirect(location, 303);
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      const answer = { error: error.error, error_description: error.message, iss: this.config.issuer };
      void reply.redirect(redirectTo(error.client, answer), 303);
    }
  }
}

/** A page must not carry the key of the store's record, so it carries a hash of it. */
function askedSession({ id }: Session): string {
  return hashSecret(`consent:${id}`);
}
