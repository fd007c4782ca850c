import { type DynamicModule, Module } from '@nestjs/common';
import { LoginModule } from '../login/login.module';
import type { Config } from '../config';
import { TokensModule } from '../tokens/tokens.module';
import { Bootstrap } from './bootstrap';
import { DebugController } from './debug.controller';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';
import { MetricsModule } from './metrics.module';
import { StoreOpening } from './store-opening';

@Module({})
export class OperationsModule {
  static register(config: Config): DynamicModule {
    return {
      module: OperationsModule,
      imports: [TokensModule, LoginModule, MetricsModule],
      controllers: [
        HealthController,
        ...(config.production && config.metricsToken === undefined ? [] : [MetricsController]),
        ...(config.production ? [] : [DebugController]),
      ],
      providers: [Bootstrap, StoreOpening],
    };
  }
}
