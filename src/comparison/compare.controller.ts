import { Controller, Get, Header } from '@nestjs/common';
import { Comparer } from './comparer';
import type { Comparison } from './comparison';
import { DescribeCompare } from './compare.openapi';

/** Both models side by side. Source: contract, section Comparison. */
@Controller('compare')
export class CompareController {
  constructor(private readonly comparer: Comparer) {}

  @Get()
  @DescribeCompare()
  @Header('cache-control', 'no-store')
  async compare(): Promise<Comparison> {
    return this.comparer.compare();
  }
}
