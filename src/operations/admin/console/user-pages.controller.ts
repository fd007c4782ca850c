import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Acting } from '../../../domain/operators/operators';
import { FieldError } from '../../../platform/fields/field-error';
import { defined, type JsonObject } from '../../../platform/fields/fields';
import { Endpoint, pathParameter } from '../../../platform/http/endpoint';
import { AdminGrants, AdminSessions } from '../logins';
import { AdminUserLinks } from '../user-links';
import { AdminUsers } from '../users';
import { consolePath, inConsole } from './console-access';
import { ConsolePages } from './console-pages';
import { endLoginsOperation, makeLinkOperation } from './console.openapi';
import { RecordExtras } from './record-extras';
import { userKind } from './record-kinds';
import { failureOf, RecordViews } from './record-views';

const one = `${consolePath}/users/:id`;
const support = { method: 'POST', access: inConsole('support'), body: 'form' } as const;

/** What operators do for a user: links, and the ends of logins. Source: docs/console.md. */
@Controller()
export class UserPagesController {
  private readonly views: RecordViews;

  constructor(
    private readonly users: AdminUsers,
    private readonly links: AdminUserLinks,
    private readonly sessions: AdminSessions,
    private readonly grants: AdminGrants,
    private readonly pages: ConsolePages,
    extras: RecordExtras,
  ) {
    this.views = new RecordViews(userKind, pages, extras);
  }

  /** The page with the link, which is shown once. */
  @Endpoint({ ...support, path: `${one}/links`, describe: makeLinkOperation })
  async makeLink(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    const form = this.pages.fieldsOf(request);
    const id = pathParameter(request, 'id');
    const asked: JsonObject = defined({ purpose: form.get('purpose'), send: form.get('send') === 'true' || undefined });
    const user = await this.users.find(id);
    try {
      const { url } = await this.links.make(id, asked, request.events, by);
      await this.views.sendRecord(reply, by, user, { link: url });
    } catch (error) {
      await this.views.sendRecord(reply, by, user, { failure: failureOf(error, reply) });
    }
  }

  /** Ends one session or grant, or all of the user. Throws: FieldError, AdminError record_unknown. */
  @Endpoint({ ...support, path: `${one}/end`, describe: endLoginsOperation })
  async end(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    const form = this.pages.fieldsOf(request);
    const [sub, { events }] = [pathParameter(request, 'id'), request];
    const id = form.get('id') ?? '';
    switch (form.get('what')) {
      case 'session':
        await this.sessions.end(id, events, by);
        break;
      case 'grant':
        await this.grants.end(id, events, by);
        break;
      case 'everything':
        await this.sessions.endAll({ sub }, events, by);
        await this.grants.endAll({ sub }, events, by);
        break;
      default:
        throw new FieldError('what', 'session, grant, everything');
    }
    return void reply.redirect(`${consolePath}/users/${encodeURIComponent(sub)}?done=ended`, 303);
  }
}
