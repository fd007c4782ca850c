import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditReader, type ShownEvent } from '../audit/audit-reader';
import { SecurityReports } from '../audit/security-report';
import type { SecurityReport } from '../audit/security-report.schemas';
import { Clock } from '../../platform/clock';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { auditParameters, auditQuery, timeIn } from './audit-query';
import { auditEventsOperation, securityReportOperation } from './audit.openapi';
import type { PageAnswer } from './page-answer';
import { assertKnown, pageIn, read } from './request-body';

export const ndjson = 'application/x-ndjson';

/** The audit trail for operators and collectors. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminAuditController {
  constructor(
    private readonly clock: Clock,
    private readonly reader: AuditReader,
    private readonly reports: SecurityReports,
  ) {}

  /** A page or, by content negotiation, all matching events as lines, as fast as they are read. */
  @Endpoint({ ...read, path: '/admin/audit-events', describe: auditEventsOperation })
  async events(request: FastifyRequest, reply: FastifyReply): Promise<PageAnswer<ShownEvent> | undefined> {
    const asked = queryOf(request);
    assertKnown(asked, ...auditParameters, 'limit');
    const given = Object.fromEntries(auditParameters.map((name) => [name, asked.get(name)]));
    const [query, { limit }] = [auditQuery(given, this.clock.now()), pageIn(asked)];
    if (request.accepts().type(['application/json', ndjson]) !== ndjson) {
      const { items, next } = await this.reader.page(query, limit);
      return { data: items, ...(next !== undefined && { next }) };
    }
    const batches = this.reader.all(query);
    // Read before the response begins: an error of the store still becomes its status.
    const first = await batches.next();
    const atMost = asked.get('limit') === undefined ? Number.POSITIVE_INFINITY : limit;
    void reply.type(ndjson).send(Readable.from(lines(first, batches, atMost), { objectMode: false }));
    return undefined;
  }

  @Endpoint({ ...read, path: '/admin/security-report', describe: securityReportOperation })
  async report(request: FastifyRequest): Promise<SecurityReport> {
    const asked = queryOf(request);
    assertKnown(asked, 'since');
    return this.reports.report(timeIn('since', asked.get('since'), this.clock.now()));
  }
}

type Batches = AsyncGenerator<readonly ShownEvent[], void, undefined>;

/** Stops reading when the caller disconnects. */
async function* lines(
  first: Awaited<ReturnType<Batches['next']>>,
  batches: Batches,
  atMost: number,
): AsyncGenerator<string> {
  let left = atMost;
  try {
    for (let batch = first; batch.done !== true && left > 0; batch = await batches.next()) {
      const events = batch.value.slice(0, left);
      left -= events.length;
      yield events.map((event) => `${JSON.stringify(event)}\n`).join('');
    }
  } finally {
    await batches.return();
  }
}
