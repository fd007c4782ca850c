import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { canonicalUsername, typedUsername } from '../../../domain/identity/username';
import { Outbox } from '../../../domain/mail/outbox';
import { formOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import { page } from '../../../platform/pages/page';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { FormProtection, isFromAnotherSite } from '../csrf';
import { LoginError } from '../login-error';
import { recoverOperation, recoverPageOperation } from './recover.openapi';
import { Recoveries } from './recoveries';

/** Characters: no username and no email address is longer. */
const longestIdentifier = 254;

const recoverPage = page<{ readonly csrf: string; readonly mails: boolean; readonly asked: boolean }>(
  'protocols/login/links/views/recover',
);

/** The way back for who lost what they sign in with. Source: docs/http-api.md, section GET /recover. */
@Controller()
export class RecoverController {
  constructor(
    private readonly protection: FormProtection,
    private readonly outbox: Outbox,
    private readonly recoveries: Recoveries,
    private readonly pages: PageRenderer,
  ) {}

  @Endpoint({ method: 'GET', path: '/recover', access: 'public', describe: recoverPageOperation })
  show(_request: FastifyRequest, reply: FastifyReply): void {
    this.send(reply, false);
  }

  /** The same response, whether or not there is such a user. Throws: {@link LoginError}. */
  @Endpoint({
    method: 'POST',
    path: '/recover',
    access: 'public',
    body: 'form',
    limit: { name: 'recover', address: 300, subject: 10, subjectOf: identifierIn },
    describe: recoverOperation,
  })
  ask(request: FastifyRequest, reply: FastifyReply): void {
    const form = formOf(request);
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    const identifier = typedUsername(form.get('identifier') ?? '');
    if (identifier.length <= longestIdentifier) this.recoveries.begin(identifier);
    this.send(reply, true);
  }

  private send(reply: FastifyReply, asked: boolean): void {
    const csrf = this.protection.issue(reply.request, reply);
    sendPage(reply, 200, this.pages.render(recoverPage, { csrf, mails: this.outbox.isOn, asked }));
  }
}

function identifierIn(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request)
    ? undefined
    : canonicalUsername(typedUsername(formOf(request).get('identifier') ?? ''));
}
