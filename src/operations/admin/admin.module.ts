import { Module } from '@nestjs/common';
import { AdministrationModule } from './administration.module';
import { AdminApis } from './apis';
import { addApiSecretOperation, apiOperations } from './apis.openapi';
import { AdminAuditController } from './audit.controller';
import { AdminClients } from './clients';
import { addClientSecretOperation, clientOperations } from './clients.openapi';
import { ConsoleModule } from './console/console.module';
import { DashboardModule } from './dashboard/dashboard.module';
import { AdminKeysController } from './keys.controller';
import { AdminGrants, AdminSessions } from './logins';
import { loginsController } from './logins.controller';
import { grantOperations, sessionOperations } from './logins.openapi';
import { recordsController, secretsController } from './records.controller';
import { AdminUserLinksController } from './user-links.controller';
import { AdminUsers } from './users';
import { AdminOperators } from './operators';
import { addOperatorTokenOperation, operatorOperations } from './operators.openapi';
import { userOperations } from './users.openapi';

/** The administration over HTTP. */
@Module({
  imports: [AdministrationModule, ConsoleModule, DashboardModule],
  controllers: [
    recordsController('/admin/clients/:client_id', AdminClients, clientOperations),
    secretsController('/admin/clients/:client_id', AdminClients, addClientSecretOperation),
    recordsController('/admin/apis/:id', AdminApis, apiOperations),
    secretsController('/admin/apis/:id', AdminApis, addApiSecretOperation),
    recordsController('/admin/users/:id', AdminUsers, userOperations, { change: 'support' }),
    recordsController('/admin/operators/:id', AdminOperators, operatorOperations, { read: 'admin' }),
    secretsController('/admin/operators/:id', AdminOperators, addOperatorTokenOperation, 'token'),
    AdminUserLinksController,
    loginsController('/admin/grants', AdminGrants, grantOperations),
    loginsController('/admin/sessions', AdminSessions, sessionOperations),
    AdminKeysController,
    AdminAuditController,
  ],
})
export class AdminModule {}
