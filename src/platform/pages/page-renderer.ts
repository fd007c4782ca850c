import { Injectable } from '@nestjs/common';
import { Eta } from 'eta';
import { root } from '../../root';
import type { Page } from './page';

/** Renders pages from their templates; every value is escaped. */
@Injectable()
export class PageRenderer {
  private readonly eta = new Eta({ views: root, cache: true, autoEscape: true });

  render<Data extends object>({ template }: Page<Data>, data: NoInfer<Data>): string {
    return this.eta.render(template, data);
  }
}
