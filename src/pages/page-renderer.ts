import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Eta } from 'eta';
import type { Page } from './page';

/** Renders pages from their templates; every value is escaped. */
@Injectable()
export class PageRenderer {
  private readonly eta = new Eta({ views: join(__dirname, '..'), cache: true, autoEscape: true });

  render<Data extends object>({ template }: Page<Data>, data: NoInfer<Data>): string {
    return this.eta.render(template, data);
  }
}
