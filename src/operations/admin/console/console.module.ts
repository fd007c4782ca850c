import { join } from 'node:path';
import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { serveAssets } from '../../../platform/pages/assets';
import { LoginModule } from '../../../protocols/login/login.module';
import { root } from '../../../root';
import { AdministrationModule } from '../administration.module';
import { AuditPagesController } from './audit-pages.controller';
import { ConsoleAccess } from './console-access';
import { ConsoleController } from './console.controller';
import { ConsolePages } from './console-pages';
import { ConsolePersons } from './console-persons';
import { ConsoleSessions } from './console-sessions';
import { KeysPageController } from './keys-page.controller';
import { Overview } from './overview';
import { RecordExtras } from './record-extras';
import { apiKind, clientKind, operatorKind, userKind } from './record-kinds';
import { recordPagesController, secretPagesController } from './record-pages.controller';
import { UserPagesController } from './user-pages.controller';

/** The console at `/admin/console`. */
@Module({
  imports: [AdministrationModule, LoginModule],
  controllers: [
    ConsoleController,
    ...[clientKind, apiKind, userKind, operatorKind].map(recordPagesController),
    ...[clientKind, apiKind, operatorKind].map(secretPagesController),
    UserPagesController,
    AuditPagesController,
    KeysPageController,
  ],
  providers: [ConsoleAccess, ConsolePages, ConsolePersons, ConsoleSessions, Overview, RecordExtras],
  exports: [ConsolePages],
})
export class ConsoleModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {}

  onModuleInit(): void {
    serveAssets(this.host.httpAdapter.getInstance(), join(root, 'operations/admin/console/assets'));
  }
}
