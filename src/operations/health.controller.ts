import { Controller, Get, Header } from '@nestjs/common';
import { Bootstrap } from './bootstrap';
import { DescribeLive, DescribeReady } from './health.openapi';

/** Tells an orchestrator whether the process runs and whether it can serve. */
@Controller('health')
export class HealthController {
  constructor(private readonly bootstrap: Bootstrap) {}

  @Get('live')
  @DescribeLive()
  @Header('cache-control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 503 while the store does not answer or is not prepared. */
  @Get('ready')
  @DescribeReady()
  @Header('cache-control', 'no-store')
  async ready(): Promise<{ status: 'ok' }> {
    await this.bootstrap.assertReady();
    return { status: 'ok' };
  }
}
