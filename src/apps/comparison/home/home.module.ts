import { join } from 'node:path';
import { type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Config } from '../../../platform/config';
import { serveAssets } from '../../../platform/pages/assets';
import { root } from '../../../root';
import { AblationRecord } from '../checks/ablation-record';
import { ComparisonReader } from './comparison-reader';
import { DemoCallbackController } from './demo-callback.controller';
import { HomeController } from './home.controller';

/** The page at `/`, with its style sheets and scripts. */
@Module({})
export class HomeModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {}

  static register(config: Config): DynamicModule {
    return {
      module: HomeModule,
      // The demo clients, whose redirect URIs these pages are, do not exist in production.
      controllers: [HomeController, ...(config.production ? [] : [DemoCallbackController])],
      providers: [AblationRecord, ComparisonReader],
      exports: [AblationRecord],
    };
  }

  onModuleInit(): void {
    serveAssets(this.host.httpAdapter.getInstance(), join(root, 'apps/comparison/home/assets'));
  }
}
