import { Controller, Get, Header, Res } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiDocument } from './docs';
import { DescribeDocument, DescribeDocumentPage } from './docs.openapi';
import { docsPage } from './docs-page';

/** The reference of this server's API, for machines and for people. */
@Controller()
export class DocsController {
  constructor(private readonly document: ApiDocument) {}

  @Get('docs-json')
  @Header('cache-control', 'public, max-age=300')
  @DescribeDocument()
  json(): OpenAPIObject {
    return this.document.get();
  }

  @Get('docs')
  @DescribeDocumentPage()
  page(@Res() reply: FastifyReply): void {
    void reply.header('cache-control', 'public, max-age=300').type('text/html; charset=utf-8').send(docsPage);
  }
}
