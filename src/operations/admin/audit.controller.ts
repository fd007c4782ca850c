import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditQuery } from '../audit/audit-query';
import { AuditReader, type ShownEvent } from '../audit/audit-reader';
import { AuditVerification, type Verification } from '../audit/audit-verification';
import { SecurityReports } from '../audit/security-report';
import type { SecurityReport } from '../audit/security-report.schemas';
import { Clock } from '../../platform/clock';
import { queryOf } from '../../platform/http/bodies';
import { Endpoint } from '../../platform/http/endpoint';
import { auditParameters, auditQuery, seqIn, timeIn } from './audit-query';
import { auditEventsOperation, securityReportOperation, verificationOperation } from './audit.openapi';
import type { PageAnswer } from './page-answer';
import { assertKnown, audit, pageIn } from './request-body';

export const ndjson = 'application/x-ndjson';

/** The audit trail for operators and collectors. Source: docs/http-api.md, section Administration. */
@Controller()
export class AdminAuditController {
  constructor(
    private readonly clock: Clock,
    private readonly reader: AuditReader,
    private readonly reports: SecurityReports,
    private readonly verification: AuditVerification,
  ) {}

  /** A page or, by content negotiation, all matching events as lines, as fast as they are read. */
  @Endpoint({ ...audit, path: '/admin/audit-events', describe: auditEventsOperation })
  async events(request: FastifyRequest, reply: FastifyReply): Promise<PageAnswer<ShownEvent> | LaterPage | undefined> {
    const asked = queryOf(request);
    assertKnown(asked, ...auditParameters, 'after_seq', 'limit');
    const given = Object.fromEntries(auditParameters.map((name) => [name, asked.get(name)]));
    const [query, { limit }, seq] = [auditQuery(given, this.clock.now()), pageIn(asked), seqIn(asked)];
    if (request.accepts().type(['application/json', ndjson]) !== ndjson)
      return seq === undefined ? this.page(query, limit) : this.pageAfter(query, seq, limit);
    const { events, upTo } =
      seq === undefined ? { events: this.reader.all(query), upTo: undefined } : await this.reader.allAfter(query, seq);
    // Read before the response begins: an error of the store still becomes its status.
    const first = await events.next();
    const atMost = asked.get('limit') === undefined ? Number.POSITIVE_INFINITY : limit;
    void reply.type(ndjson).send(Readable.from(lines(first, events, atMost, upTo), { objectMode: false }));
    return undefined;
  }

  @Endpoint({ ...audit, path: '/admin/audit-events/verification', describe: verificationOperation })
  async verify(): Promise<Verification> {
    return this.verification.verify();
  }

  @Endpoint({ ...audit, path: '/admin/security-report', describe: securityReportOperation })
  async report(request: FastifyRequest): Promise<SecurityReport> {
    const asked = queryOf(request);
    assertKnown(asked, 'since');
    return this.reports.report(timeIn('since', asked.get('since'), this.clock.now()));
  }

  private async page(query: AuditQuery, limit: number): Promise<PageAnswer<ShownEvent>> {
    const { items, next } = await this.reader.page(query, limit);
    return { data: items, ...(next !== undefined && { next }) };
  }

  private async pageAfter(query: AuditQuery, seq: number, limit: number): Promise<LaterPage> {
    const { events, upTo } = await this.reader.pageAfter(query, seq, limit);
    return { data: events, next_seq: upTo };
  }
}

/** A page of events, ascending. */
interface LaterPage {
  readonly data: readonly ShownEvent[];
  /** The `after_seq` of the next page. */
  readonly next_seq: number;
}

type Batches = AsyncGenerator<readonly ShownEvent[], void, undefined>;

/** Stops reading when the caller disconnects. `upTo`: the `seq` to end with, unless it stops at the limit before. */
async function* lines(
  first: Awaited<ReturnType<Batches['next']>>,
  batches: Batches,
  atMost: number,
  upTo: number | undefined,
): AsyncGenerator<string> {
  let left = atMost;
  let last = upTo;
  try {
    for (let batch = first; batch.done !== true; batch = await batches.next()) {
      const events = batch.value.slice(0, left);
      left -= events.length;
      yield events.map((event) => `${JSON.stringify(event)}\n`).join('');
      if (left > 0) continue;
      last = events.at(-1)?.seq;
      break;
    }
    if (upTo !== undefined) yield `${JSON.stringify({ last_seq: last })}\n`;
  } finally {
    await batches.return();
  }
}
