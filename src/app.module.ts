import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AdminModule } from './operations/admin/admin.module';
import { AuditModule } from './operations/audit/audit.module';
import type { Clock } from './platform/clock';
import type { Config } from './platform/config';
import { CoreModule } from './core.module';
import { OAuthModule } from './protocols/oauth/oauth.module';
import { DocsModule } from './operations/docs/docs.module';
import { OperationsModule } from './operations/operations.module';
import { RegistrationModule } from './protocols/registration/registration.module';
import { StorageModule } from './storage.module';
import { TokensModule } from './domain/tokens/tokens.module';
import { WalletModule } from './protocols/wallet/wallet.module';

@Module({})
export class AppModule {
  static async register(config: Config, logger: Logger, clock: Clock): Promise<DynamicModule> {
    return {
      module: AppModule,
      imports: [
        CoreModule.register(config, logger, clock),
        StorageModule.register(config),
        AuditModule,
        TokensModule,
        OAuthModule,
        RegistrationModule.register(config),
        WalletModule,
        OperationsModule.register(config),
        AdminModule,
        ...(config.comparison ? [await comparison(config)] : []),
        DocsModule,
      ],
    };
  }
}

// Imported here, so that nothing is loaded while it is off. With its extension: import() resolves as ES modules do.
async function comparison(config: Config): Promise<DynamicModule> {
  const { ComparisonModule } = await import('./apps/comparison/comparison.module.ts');
  return ComparisonModule.register(config);
}
