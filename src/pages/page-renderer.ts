import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Eta } from 'eta';
import type { ProtocolError } from '../http/protocol-error';

/** What each page is rendered from. */
export interface PageData {
  readonly error: { readonly error: ProtocolError };
}

/** Renders the server's pages from their templates; every value is escaped. */
@Injectable()
export class PageRenderer {
  private readonly eta = new Eta({ views: join(__dirname, 'views'), cache: true, autoEscape: true });

  render<Page extends keyof PageData>(page: Page, data: PageData[Page]): string {
    return this.eta.render(page, data);
  }
}
