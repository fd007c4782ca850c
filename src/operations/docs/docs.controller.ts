import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../../platform/http/endpoint';
import type { OpenApiDocument } from '../../platform/http/openapi';
import { ApiDocument } from './docs';
import { documentOperation, documentPageOperation } from './docs.openapi';
import { docsPage } from './docs-page';

const cache = 'public, max-age=300';

/** The API reference, as a document and as a page. */
@Controller()
export class DocsController {
  constructor(private readonly document: ApiDocument) {}

  @Endpoint({ method: 'GET', path: '/docs-json', access: 'public', cache, describe: documentOperation })
  json(): OpenApiDocument {
    return this.document.get();
  }

  @Endpoint({ method: 'GET', path: '/docs', access: 'public', cache, describe: documentPageOperation })
  page(_request: FastifyRequest, reply: FastifyReply): void {
    void reply.type('text/html; charset=utf-8').send(docsPage);
  }
}
