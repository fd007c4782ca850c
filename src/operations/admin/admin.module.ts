import { Module } from '@nestjs/common';
import { LoginModule } from '../../protocols/login/login.module';
import { AdminToken } from '../../domain/credentials/admin-token';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { AdminAccess } from './admin-access';
import { administration } from './administration';
import { AdminApis } from './apis';
import { addApiSecretOperation, apiOperations } from './apis.openapi';
import { AdminAuditController } from './audit.controller';
import { AdminClients } from './clients';
import { addClientSecretOperation, clientOperations } from './clients.openapi';
import { DashboardModule } from './dashboard/dashboard.module';
import { AdminKeysController } from './keys.controller';
import { AdminGrants, AdminSessions } from './logins';
import { loginsController } from './logins.controller';
import { grantOperations, sessionOperations } from './logins.openapi';
import { recordsController, secretsController } from './records.controller';
import { AdminUsers } from './users';
import { userOperations } from './users.openapi';

/** The administration over HTTP. */
@Module({
  imports: [TokensModule, LoginModule, DashboardModule],
  controllers: [
    recordsController('/admin/clients/:client_id', AdminClients, clientOperations),
    secretsController('/admin/clients/:client_id', AdminClients, addClientSecretOperation),
    recordsController('/admin/apis/:id', AdminApis, apiOperations),
    secretsController('/admin/apis/:id', AdminApis, addApiSecretOperation),
    recordsController('/admin/users/:id', AdminUsers, userOperations),
    loginsController('/admin/grants', AdminGrants, grantOperations),
    loginsController('/admin/sessions', AdminSessions, sessionOperations),
    AdminKeysController,
    AdminAuditController,
  ],
  providers: [AdminAccess, AdminToken, ...administration],
})
export class AdminModule {}
