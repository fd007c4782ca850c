import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asksForPhr } from '../login/acr';
import { consentPage } from '../login/consent-page';
import { FormProtection } from '../login/csrf';
import { isPushedReference, PushedRequests } from '../login/pushed-requests';
import type { Session } from '../../domain/challenges/session';
import { Sessions } from '../login/sessions';
import { hashSecret } from '../../domain/credentials/secret';
import { AccountNames } from '../../domain/identity/account-names';
import { type Client, isSelfRegistered } from '../../domain/clients/client';
import { ClientStore, type NowOrLater } from '../../domain/clients/client-store';
import { AccessRequests, type AskedAccess } from '../../domain/apis/access-requests';
import { CONFIG, type Config } from '../../platform/config';
import { formOf, queryOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import type { LoginStep } from '../../platform/http/login-step';
import { Parameters } from '../../platform/http/parameters';
import { PageRenderer } from '../../platform/pages/page-renderer';
import { sendPage } from '../../platform/pages/send-page';
import { isDocumentUrl } from '../registration/client-document';
import { ClientDocuments } from '../registration/client-documents';
import { AuthorizationError, isBeforeLogin, BeforeLoginError } from './authorization-error';
import { checkAuthorizationRequest } from './authorization-request';
import { AuthorizeFlow, redirectTo, type SentRequest } from './authorize.flow';
import { OAuthError } from './oauth-error';
import { authorizeByFormOperation, authorizeByQueryOperation, consentOperation } from './authorize.openapi';

const authorize: LoginStep = { model: 'pkce', step: 'authorize', place: 1 };
/** Opening a pushed request writes a record before any login. */
const opening = { name: 'open', address: 300, subject: 300 };

/** Characters of a query that every proxy accepts. */
const longestQuery = 4_096;

/** Finds a request's client: in the store only, or by its metadata document, too. */
interface ClientFinder {
  find(clientId: string, request: FastifyRequest): NowOrLater<Client | undefined>;
}

/** The authorization endpoint. Source: RFC 6749 §3.1. */
@Controller()
export class AuthorizeController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clients: ClientStore,
    private readonly documents: ClientDocuments,
    private readonly access: AccessRequests,
    private readonly sessions: Sessions,
    private readonly names: AccountNames,
    private readonly forms: FormProtection,
    private readonly pushedRequests: PushedRequests,
    private readonly pages: PageRenderer,
    private readonly flow: AuthorizeFlow,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/authorize',
    access: 'public',
    step: authorize,
    limit: { ...opening, subjectOf: (request) => openingClient(queryOf(request)) },
    metadata: 'authorization_endpoint',
    describe: authorizeByQueryOperation,
  })
  async authorizeByQuery(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.authorize(queryOf(request), request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/authorize',
    access: 'public',
    body: 'form',
    step: authorize,
    limit: { ...opening, subjectOf: (request) => openingClient(formOf(request)) },
    describe: authorizeByFormOperation,
  })
  async authorizeByForm(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    const query = form.without();
    // A cross-site form comes without the session's cookie (SameSite=Lax); a redirect to GET makes the browser send it.
    // Source: draft-ietf-httpbis-rfc6265bis §5.6.7.1, RFC 9700 §4.12.
    if (request.headers['sec-fetch-site'] === 'cross-site' && query.length <= longestQuery) {
      return void reply.redirect(`/authorize?${query}`, 303);
    }
    await this.authorize(form, request, reply);
  }

  /** Handles the decision of the consent page, and of the login page that offers passkeys alone. */
  @Endpoint({
    method: 'POST',
    path: '/consent',
    access: 'public',
    body: 'form',
    step: { model: 'pkce', step: 'consent', place: 3 },
    describe: consentOperation,
  })
  async consent(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    if (form.hasRepeated()) throw new OAuthError('parameter_repeated');
    this.forms.assertValid(request, form.get('csrf'));
    const parameters = Parameters.parse(form.get('request') ?? '');
    await this.answer(request, reply, parameters, this.clients, async (authorization) => {
      const { events } = request;
      const { clientId } = authorization.client;
      const decision = form.get('decision');
      // Of the page that offers passkeys alone, whoever sees it.
      if (decision === 'unmet' && asksForPhr(authorization.acrValues, this.config)) {
        throw new AuthorizationError('acr_unmet', authorization);
      }
      const session = await this.sessions.current(request);
      if (session === undefined) {
        events.emit({ type: 'login_asked', clientId });
        return `/login?${again(parameters, authorization)}`;
      }
      // Another end-user has logged in since the page was shown: ask again instead of taking the answer for theirs.
      if (form.get('asked') !== askedSession(session)) {
        events.emit({ type: 'consent_asked', clientId, sub: session.authentication.sub });
        return `/authorize?${again(parameters, authorization)}`;
      }
      if (decision === 'deny') throw new AuthorizationError('denied', authorization);
      if (decision !== 'allow') throw new OAuthError('decision_required');
      return this.flow.consent(authorization, session, events);
    });
  }

  private async authorize(parameters: Parameters, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.answer(request, reply, parameters, this.documents, async (authorization) => {
      const next = await this.flow.authorize(authorization, await this.sessions.current(request), request.events);
      if (next.step === 'redirect') return next.location;
      const entry = authorization.prompt.includes('create') ? '/sign-up' : '/login';
      if (next.step === 'login') return `${entry}?${again(parameters, authorization)}`;
      const { client, redirectUri } = authorization;
      const { own, apis } = await this.access.describe(authorization);
      const page = this.pages.render(consentPage, {
        clientName: client.name,
        clientUrlHost: hostOf(isDocumentUrl(client.clientId) ? client.clientId : client.clientUri),
        clientHost: destinationOf(new URL(redirectUri)),
        account: await this.names.of(next.session.authentication.sub),
        asked: askedSession(next.session),
        allows: own,
        apis,
        csrf: this.forms.issue(request, reply),
        request: again(parameters, authorization),
      });
      sendPage(reply, 200, page);
      return undefined;
    });
  }

  /**
   * The request in the parameters or in the pushed request that they refer to. Throws: {@link OAuthError}, {@link
   * AuthorizationError}. Source: RFC 9126 §4.
   */
  private async sent(
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: Parameters,
    clients: ClientFinder,
  ): Promise<SentRequest> {
    const find = async (clientId: string) => {
      const client = await clients.find(clientId, request);
      if (client !== undefined) request.events.concern({ clientId });
      return client;
    };
    const decide = (client: Client, asked: AskedAccess) => this.access.decide(client, asked);
    const requestUri = parameters.get('request_uri');
    if (requestUri === undefined || !isPushedReference(requestUri)) {
      const direct = await checkAuthorizationRequest(parameters, find, decide, this.config);
      // Source: RFC 9126 §6.
      const mustPush = direct.client.requirePushedAuthorizationRequests === true;
      if (mustPush) throw new AuthorizationError('pushed_request_required', direct);
      return direct;
    }
    if (parameters.hasRepeated('resource')) throw new OAuthError('parameter_repeated');
    const client = await find(parameters.get('client_id') ?? '');
    if (client === undefined) throw new OAuthError('client_unknown');
    const known = this.forms.knownBrowser(request);
    const found = await this.pushedRequests.find(requestUri, client.clientId, known);
    if (typeof found === 'string') throw new OAuthError(found);
    // The cookie last: an invalid request_uri must not replace one that the browser has.
    const pushed = { ...found, browser: known ?? this.forms.browserOf(request, reply) };
    return { ...(await checkAuthorizationRequest(found.parameters, () => client, decide, this.config)), pushed };
  }

  /**
   * Checks the request and redirects to the result of `next`; an AuthorizationError goes to the client. Throws: {@link
   * BeforeLoginError}.
   */
  private async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: Parameters,
    clients: ClientFinder,
    next: (authorization: SentRequest) => Promise<string | undefined>,
  ): Promise<void> {
    try {
      const authorization = await this.sent(request, reply, parameters, clients);
      const location = await next(authorization);
      // 303, so that a form's body is never forwarded. Source: RFC 9700 §4.12.
      if (location !== undefined) void reply.redirect(location, 303);
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      const { reason } = error;
      if (isBeforeLogin(reason) && isSelfRegistered(error.request.client)) {
        if ((await this.sessions.current(request)) === undefined) throw new BeforeLoginError(reason);
      }
      request.events.emit({ type: 'request_refused', reason });
      const answer = { error: error.error, error_description: error.message, iss: this.config.issuer };
      void reply.redirect(redirectTo(error.request, answer), 303);
    }
  }
}

/** The client whose pushed request is opened; undefined without a pushed request, which leaves no record. */
function openingClient(parameters: Parameters): string | undefined {
  return isPushedReference(parameters.get('request_uri') ?? '') ? (parameters.get('client_id') ?? '') : undefined;
}

/** A query that repeats the request. */
function again(parameters: Parameters, { pushed }: SentRequest): string {
  return pushed === undefined ? parameters.without() : parameters.only('client_id', 'request_uri');
}

/** Identifies the session on this page only. */
function askedSession({ id }: Session): string {
  return hashSecret(`consent:${id}`);
}

/** Where a code goes: for an app's own scheme the scheme itself, because what follows it is not a host. */
function destinationOf({ protocol, host }: URL): string {
  if (protocol === 'https:' || protocol === 'http:') return host;
  return host === '' ? protocol : `${protocol}//${host}`;
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).host;
}
