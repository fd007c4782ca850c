import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../../platform/clock';
import type { Acting } from '../../../domain/operators/operators';
import { queryOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import type { Parameters } from '../../../platform/http/parameters';
import { FieldError } from '../../../platform/fields/field-error';
import { onlooker } from '../console/console-access';
import { ConsolePages } from '../console/console-pages';
import { dashboardPage } from './dashboard-page';
import { type Asked, dashboardView } from './dashboard-view';
import { dashboardOperation } from './dashboard.openapi';
import { Figures, rangeNames } from './figures';
import { viewNames } from './panel';
import { views } from './views';

const path = '/admin/dashboard';

/** The dashboards without Grafana, for operators. Source: docs/http-api.md, section Administration. */
@Controller()
export class DashboardController {
  constructor(
    private readonly clock: Clock,
    private readonly figures: Figures,
    private readonly pages: ConsolePages,
  ) {}

  /** The requested view, or the form for the token. Throws: {@link FieldError}. */
  @Endpoint({ method: 'GET', path, access: onlooker, describe: dashboardOperation })
  async show(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    const asked = askedBy(queryOf(request));
    const read = await this.figures.of(asked.view, asked.range);
    this.pages.send(reply, by, dashboardPage, dashboardView(asked, read, this.clock.now()));
  }
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
