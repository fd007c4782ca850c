import { Controller } from '@nestjs/common';
import { Endpoint } from '../../platform/http/endpoint';
import { Comparer } from './comparer';
import type { Comparison } from './comparison';
import { compareOperation } from './compare.openapi';

/** Both models side by side. Source: docs/http-api.md, section Comparison. */
@Controller()
export class CompareController {
  constructor(private readonly comparer: Comparer) {}

  @Endpoint({ method: 'GET', path: '/compare', access: 'public', describe: compareOperation })
  async compare(): Promise<Comparison> {
    return this.comparer.compare();
  }
}
