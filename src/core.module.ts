import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { IndexedOrigins } from './clients/indexed-origins';
import { RegisteredOrigins } from './clients/registered-origins';
import { Clock } from './clock';
import { CONFIG, type Config } from './config';
import { Endpoints } from './http/endpoints';
import { ErrorWriter } from './http/error-writer';
import { RateLimiter } from './http/rate-limiter';
import { RoutedPaths } from './http/routed-paths';
import { LOGGER } from './logger';
import { Outbound } from './outbound/outbound';
import { PageRenderer } from './pages/page-renderer';

/** What every module may ask for: the settings, the log, the time, the pages, what the service answers. */
@Global()
@Module({})
export class CoreModule {
  static register(config: Config, logger: Logger, clock: Clock): DynamicModule {
    return {
      module: CoreModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: Clock, useValue: clock },
        { provide: Outbound, useValue: new Outbound(config) },
        { provide: RegisteredOrigins, useClass: IndexedOrigins },
        Endpoints,
        ErrorWriter,
        PageRenderer,
        RateLimiter,
        RoutedPaths,
      ],
      exports: [CONFIG, LOGGER, Clock, Endpoints, Outbound, PageRenderer, RateLimiter],
    };
  }
}
