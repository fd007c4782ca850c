import { type DynamicModule, Module } from '@nestjs/common';
import { LoginModule } from '../protocols/login/login.module';
import type { Config } from '../platform/config';
import { MailModule } from '../domain/mail/mail.module';
import { TokensModule } from '../domain/tokens/tokens.module';
import { Bootstrap } from './health/bootstrap';
import { DemoSeed } from './health/demo-seed';
import { DebugController } from './health/debug.controller';
import { HealthController } from './health/health.controller';
import { MetricsAccess } from './metrics/metrics-access';
import { MetricsController } from './metrics/metrics.controller';
import { MetricsModule } from './metrics/metrics.module';
import { StoreOpening } from './health/store-opening';

@Module({})
export class OperationsModule {
  static register(config: Config): DynamicModule {
    return {
      module: OperationsModule,
      imports: [TokensModule, LoginModule, MailModule, MetricsModule],
      controllers: [
        HealthController,
        ...(config.production && config.metricsToken === undefined ? [] : [MetricsController]),
        ...(config.production ? [] : [DebugController]),
      ],
      providers: [Bootstrap, DemoSeed, MetricsAccess, StoreOpening],
    };
  }
}
