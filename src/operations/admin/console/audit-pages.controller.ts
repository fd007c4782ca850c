import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Acting } from '../../../domain/operators/operators';
import { Clock } from '../../../platform/clock';
import { FieldError } from '../../../platform/fields/field-error';
import { queryOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import { page } from '../../../platform/pages/page';
import { auditEventTypes } from '../../audit/audit-event';
import { AuditReader, type ShownEvent } from '../../audit/audit-reader';
import { AuditVerification, type Verification } from '../../audit/audit-verification';
import { isEventId } from '../../audit/event-id';
import { LoginStories, type LoginStory } from '../../audit/login-story';
import { found } from '../admin-error';
import { auditParameters, auditQuery } from '../audit-query';
import { consolePath, inConsole } from './console-access';
import { ConsolePages, type Frame } from './console-pages';
import { auditPageOperation, loginStoryOperation, verificationPageOperation } from './console.openapi';
import type { Typed } from './form-fields';
import { failureOf } from './record-views';

const path = `${consolePath}/audit`;
const auditor = { method: 'GET', access: inConsole('auditor') } as const;
const shownAtMost = 50;

const auditPage = page<
  Frame & {
    readonly asked: Typed;
    readonly types: readonly string[];
    readonly failure: string | undefined;
    readonly events: readonly ShownEvent[];
    readonly further: string | undefined;
  }
>('operations/admin/console/views/audit');

const storyPage = page<Frame & LoginStory>('operations/admin/console/views/story');

const verificationPage = page<Frame & Verification>('operations/admin/console/views/verification');

/** The audit trail. Source: docs/console.md. */
@Controller()
export class AuditPagesController {
  constructor(
    private readonly clock: Clock,
    private readonly reader: AuditReader,
    private readonly stories: LoginStories,
    private readonly verification: AuditVerification,
    private readonly pages: ConsolePages,
  ) {}

  @Endpoint({ ...auditor, path, describe: auditPageOperation })
  async events(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    const query = queryOf(request);
    const given = auditParameters.map((name) => [name, query.get(name)] as const);
    const asked: Typed = Object.fromEntries(given.map(([name, value]) => [name, value ?? '']));
    const types = Object.keys(auditEventTypes).toSorted();
    try {
      const selected = auditQuery(Object.fromEntries(given), this.clock.now());
      const { items, next } = await this.reader.page(selected, shownAtMost);
      const others = given.filter(([name, value]) => name !== 'after' && value !== undefined) as [string, string][];
      const further = next === undefined ? undefined : `${path}?${new URLSearchParams([...others, ['after', next]])}`;
      this.pages.send(reply, by, auditPage, { asked, types, failure: undefined, events: items, further });
    } catch (error) {
      const { message, status } = failureOf(error, reply);
      const nothing = { events: [], further: undefined };
      this.pages.send(reply, by, auditPage, { asked, types, failure: message, ...nothing }, status);
    }
  }

  /** Throws: FieldError, AdminError record_unknown. */
  @Endpoint({ ...auditor, path: `${path}/login`, describe: loginStoryOperation })
  async story(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    const id = queryOf(request).get('event') ?? '';
    if (!isEventId(id)) throw new FieldError('event', 'the id of an event');
    this.pages.send(reply, by, storyPage, found(await this.stories.of(id)));
  }

  @Endpoint({ ...auditor, path: `${path}/verification`, describe: verificationPageOperation })
  async verify(_request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    this.pages.send(reply, by, verificationPage, await this.verification.verify());
  }
}
