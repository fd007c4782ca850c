import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../../platform/clock';
import { AdminToken } from '../../../domain/credentials/admin-token';
import { queryOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import { HttpError } from '../../../platform/http/http-error';
import { Parameters } from '../../../platform/http/parameters';
import type { ProtocolError } from '../../../platform/http/protocol-error';
import { FormProtection, isFromAnotherSite } from '../../../protocols/login/csrf';
import { LoginError } from '../../../protocols/login/login-error';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { FieldError } from '../../../platform/fields/field-error';
import { DashboardAccess, onlooker } from './dashboard-access';
import { DashboardCookie } from './dashboard-cookie';
import { dashboardPage } from './dashboard-page';
import { type Asked, dashboardView } from './dashboard-view';
import { dashboardOperation, dashboardSignInOperation, dashboardSignOutOperation } from './dashboard.openapi';
import { Figures, rangeNames } from './figures';
import { viewNames } from './panel';
import { views } from './views';

const path = '/admin/dashboard';

/** The dashboards without Grafana, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class DashboardController {
  constructor(
    private readonly clock: Clock,
    private readonly access: DashboardAccess,
    private readonly token: AdminToken,
    private readonly cookie: DashboardCookie,
    private readonly figures: Figures,
    private readonly protection: FormProtection,
    private readonly pages: PageRenderer,
  ) {}

  /** The requested view, or the form for the token. Throws: {@link FieldError}. */
  @Endpoint({ method: 'GET', path, access: onlooker.read, describe: dashboardOperation })
  async show(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const asked = askedBy(queryOf(request));
    const read = await this.figures.of(asked.view, asked.range);
    const csrf = this.protection.issue(request, reply);
    const view = dashboardView(asked, read, this.clock.now());
    sendPage(reply, 200, this.pages.render(dashboardPage, { ...view, csrf }));
  }

  /**
   * Sets the cookie of a browser that shows the token; otherwise the form again with 401 or, over the limit, 429. Throws:
   * {@link LoginError}.
   */
  @Endpoint({ method: 'POST', path, access: 'public', body: 'form', describe: dashboardSignInOperation })
  async signIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // A cross-site request must not use up the victim's attempts.
    if (isFromAnotherSite(request)) throw new LoginError('csrf_invalid');
    const form = fieldsOf(request);
    const failure = await this.failureOf(form.get('token') ?? '', request);
    if (failure !== undefined) return this.access.askForToken(request, reply, failure, true);
    this.protection.assertValid(request, form.get('csrf'));
    this.cookie.give(reply);
    return void reply.redirect(path, 303);
  }

  /** Ends what {@link signIn} began, in this browser. Throws: {@link LoginError}. */
  @Endpoint({
    method: 'POST',
    path: `${path}/sign-out`,
    access: onlooker.write,
    body: 'form',
    describe: dashboardSignOutOperation,
  })
  async signOut(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    this.protection.assertValid(request, fieldsOf(request).get('csrf'));
    this.cookie.takeBack(reply);
    return void reply.redirect(path, 303);
  }

  private async failureOf(token: string, { client }: FastifyRequest): Promise<ProtocolError | undefined> {
    try {
      return (await this.token.isRight(token, client)) ? undefined : this.access.refusal;
    } catch (error) {
      if (error instanceof HttpError && error.code === 'rate_limited') return error;
      throw error;
    }
  }
}

/** A form without a body has no fields, and is refused for that. */
function fieldsOf({ body }: FastifyRequest): Parameters {
  return body instanceof Parameters ? body : Parameters.parse('');
}

/** Throws: {@link FieldError}. */
function askedBy(query: Parameters): Asked {
  const [name, range, refresh] = [query.get('view') ?? 'on-call', query.get('range') ?? '1h', query.get('refresh')];
  const view = views.find((each) => each.name === name);
  const known = rangeNames.find((each) => each === range);
  if (view === undefined) throw new FieldError('view', viewNames.join(', '));
  if (known === undefined) throw new FieldError('range', rangeNames.join(', '));
  if (refresh !== undefined && refresh !== 'off') throw new FieldError('refresh', 'off');
  if (query.hasRepeated()) throw new FieldError('A parameter that is given twice', 'each once');
  return { view, range: known, refresh: refresh === undefined };
}
