import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../../config';
import { ComparisonReader } from './comparison-reader';
import { DemoCallbackController } from './demo-callback.controller';
import { HomeController } from './home.controller';

/** The page at `/`. */
@Module({})
export class HomeModule {
  static register(config: Config): DynamicModule {
    return {
      module: HomeModule,
      // The demo clients, whose redirect URIs these pages are, do not exist in production.
      controllers: [HomeController, ...(config.production ? [] : [DemoCallbackController])],
      providers: [ComparisonReader],
    };
  }
}
