import { Module } from '@nestjs/common';
import { LoginModule } from '../../protocols/login/login.module';
import { AdminToken } from '../../domain/credentials/admin-token';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { AdminAccess } from './admin-access';
import { administration } from './administration';
import { AdminApisController } from './apis.controller';
import { AdminClientsController } from './clients.controller';
import { DashboardModule } from './dashboard/dashboard.module';
import { AdminAuditController } from './audit.controller';
import { AdminKeysController } from './keys.controller';
import { AdminLoginsController } from './logins.controller';
import { AdminUsersController } from './users.controller';

/** The administration over HTTP. */
@Module({
  imports: [TokensModule, LoginModule, DashboardModule],
  controllers: [
    AdminClientsController,
    AdminApisController,
    AdminUsersController,
    AdminLoginsController,
    AdminKeysController,
    AdminAuditController,
  ],
  providers: [AdminAccess, AdminToken, ...administration],
})
export class AdminModule {}
