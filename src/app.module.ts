import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Clock } from './clock';
import { ComparisonModule } from './comparison/comparison.module';
import type { Config } from './config';
import { CoreModule } from './core.module';
import { HomeModule } from './comparison/home/home.module';
import { OAuthModule } from './oauth/oauth.module';
import { DocsModule } from './operations/docs.module';
import { OperationsModule } from './operations/operations.module';
import { StorageModule } from './storage.module';
import { TokensModule } from './tokens/tokens.module';
import { WalletModule } from './wallet/wallet.module';

@Module({})
export class AppModule {
  static register(config: Config, logger: Logger, clock: Clock): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CoreModule.register(config, logger, clock),
        StorageModule.register(config),
        TokensModule,
        OAuthModule,
        WalletModule,
        OperationsModule.register(config),
        ComparisonModule.register(config),
        HomeModule.register(config),
        DocsModule,
      ],
    };
  }
}
