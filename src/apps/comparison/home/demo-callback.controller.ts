import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../../../platform/http/endpoint';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { spaCallbackPage, webCallbackPage } from './home-page';
import { spaCallbackOperation, webCallbackOperation } from './home.openapi';

/** Where the demo clients' logins come back to. The pages read the answer themselves, so no code passes through a template. */
@Controller()
export class DemoCallbackController {
  constructor(private readonly pages: PageRenderer) {}

  /** A client that lives in the browser: it redeems its code itself. */
  @Endpoint({ method: 'GET', path: '/demo/spa/callback', access: 'public', describe: spaCallbackOperation })
  spa(_request: FastifyRequest, reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.render(spaCallbackPage, {}));
  }

  /** A client that lives on a server, which this demo has not. */
  @Endpoint({ method: 'GET', path: '/demo/web/callback', access: 'public', describe: webCallbackOperation })
  web(_request: FastifyRequest, reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.render(webCallbackPage, {}));
  }
}
