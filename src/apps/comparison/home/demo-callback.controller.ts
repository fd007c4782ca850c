import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../../../platform/http/endpoint';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { spaCallbackPage, webCallbackPage } from './home-page';
import { spaCallbackOperation, webCallbackOperation } from './home.openapi';

/** The redirect targets of the demo clients. The pages read the response themselves, so no code passes through a template. */
@Controller()
export class DemoCallbackController {
  constructor(private readonly pages: PageRenderer) {}

  /** A client in the browser: it redeems its code itself. */
  @Endpoint({ method: 'GET', path: '/demo/spa/callback', access: 'public', describe: spaCallbackOperation })
  spa(_request: FastifyRequest, reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.render(spaCallbackPage, {}));
  }

  /** A client on a server, which this demo does not have. */
  @Endpoint({ method: 'GET', path: '/demo/web/callback', access: 'public', describe: webCallbackOperation })
  web(_request: FastifyRequest, reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.render(webCallbackPage, {}));
  }
}
