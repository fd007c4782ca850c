import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { IndexedOrigins } from './domain/clients/indexed-origins';
import { RegisteredOrigins } from './platform/http/registered-origins';
import { Clock } from './platform/clock';
import { CONFIG, type Config } from './platform/config';
import { Endpoints } from './platform/http/endpoints';
import { ErrorWriter } from './platform/http/error-writer';
import { RateLimiter } from './platform/http/rate-limiter';
import { RoutedPaths } from './platform/http/routed-paths';
import { Operators } from './domain/operators/operators';
import { LOGGER } from './platform/logger';
import { Outbound } from './platform/outbound/outbound';
import { PageRenderer } from './platform/pages/page-renderer';

/** Providers that every module may inject: settings, log, clock, pages. */
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
        Operators,
        PageRenderer,
        RateLimiter,
        RoutedPaths,
      ],
      exports: [CONFIG, LOGGER, Clock, Endpoints, Operators, Outbound, PageRenderer, RateLimiter],
    };
  }
}
