import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Access, answered, type Guard } from '../../../platform/http/access';
import type { ProtocolError } from '../../../platform/http/protocol-error';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { FormProtection } from '../../../protocols/login/csrf';
import { admin, AdminAccess } from '../admin-access';
import { DashboardCookie } from './dashboard-cookie';
import { tokenPage } from './dashboard-page';

/** Admits whoever shows the admin token, or the cookie issued for it. */
@Injectable()
export class DashboardAccess implements Guard<void> {
  constructor(
    private readonly access: AdminAccess,
    private readonly cookie: DashboardCookie,
    private readonly protection: FormProtection,
    private readonly pages: PageRenderer,
  ) {}

  /** Without either, asks for the token. Throws: 401 or 429. */
  async admit(request: FastifyRequest, reply: FastifyReply, access: Access): Promise<void | typeof answered> {
    if (this.cookie.isShown(request)) return this.access.record(request, access);
    if (request.headers.authorization !== undefined) return this.access.admit(request, reply, access);
    this.askForToken(request, reply);
    return answered;
  }

  /** The error for a wrong token. */
  get refusal(): ProtocolError {
    return this.access.refusal();
  }

  /** Shows the form, but throws `failure` to callers that want JSON. */
  askForToken(request: FastifyRequest, reply: FastifyReply, failure = this.refusal, isAgain = false): void {
    if (request.accepts().type(['html', 'json']) === 'json') throw failure;
    const { status, headers, error, reason = error } = failure;
    request.events.emit({ type: 'request_refused', reason });
    void reply.headers(headers);
    const csrf = this.protection.issue(request, reply);
    const retryAfter = headers['retry-after'];
    sendPage(reply, status, this.pages.render(tokenPage, { csrf, isAgain, retryAfter }));
  }
}

/** Requires an operator in a browser. */
export const onlooker = {
  read: { ...admin.read, guard: DashboardAccess },
  write: { ...admin.write, guard: DashboardAccess },
} as const;
