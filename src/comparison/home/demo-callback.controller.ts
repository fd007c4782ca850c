import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { PageRenderer } from '../../pages/page-renderer';
import { sendPage } from '../../pages/send-page';
import { spaCallbackPage, webCallbackPage } from './home-page';
import { DescribeSpaCallback, DescribeWebCallback } from './home.openapi';

/** Where the demo clients' logins come back to. The pages read the answer themselves, so no code passes through a template. */
@Controller('demo')
export class DemoCallbackController {
  constructor(private readonly pages: PageRenderer) {}

  /** A client that lives in the browser: it redeems its code itself. */
  @Get('spa/callback')
  @DescribeSpaCallback()
  spa(@Res() reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.render(spaCallbackPage, {}));
  }

  /** A client that lives on a server, which this demo has not. */
  @Get('web/callback')
  @DescribeWebCallback()
  web(@Res() reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.render(webCallbackPage, {}));
  }
}
