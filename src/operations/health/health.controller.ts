import { Controller } from '@nestjs/common';
import { Endpoint } from '../../platform/http/endpoint';
import { Bootstrap } from './bootstrap';
import { liveOperation, readyOperation } from './health.openapi';

/** Liveness and readiness for an orchestrator. */
@Controller()
export class HealthController {
  constructor(private readonly bootstrap: Bootstrap) {}

  @Endpoint({ method: 'GET', path: '/health/live', access: 'public', anyHost: true, describe: liveOperation })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 503 while the store does not answer or is not prepared. */
  @Endpoint({ method: 'GET', path: '/health/ready', access: 'public', anyHost: true, describe: readyOperation })
  async ready(): Promise<{ status: 'ok' }> {
    await this.bootstrap.assertReady();
    return { status: 'ok' };
  }
}
