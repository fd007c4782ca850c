import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuditModule } from './audit/audit.module';
import type { Clock } from './clock';
import type { Config } from './config';
import { CoreModule } from './core.module';
import { OAuthModule } from './oauth/oauth.module';
import { DocsModule } from './operations/docs.module';
import { OperationsModule } from './operations/operations.module';
import { RegistrationModule } from './registration/registration.module';
import { StorageModule } from './storage.module';
import { TokensModule } from './tokens/tokens.module';
import { WalletModule } from './wallet/wallet.module';

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
        ...(config.adminToken === undefined ? [] : [await administration()]),
        ...(config.comparison ? [await comparison(config)] : []),
        DocsModule,
      ],
    };
  }
}

// As the comparison below: where there is no admin token, nothing of it is loaded.
async function administration(): Promise<Type> {
  const { AdminModule } = await import('./admin/admin.module.ts');
  return AdminModule;
}

// Imported here, so that nothing of it is loaded where it is off. With its extension: import() resolves as ES modules do.
async function comparison(config: Config): Promise<DynamicModule> {
  const { ComparisonModule } = await import('./comparison/comparison.module.ts');
  return ComparisonModule.register(config);
}
