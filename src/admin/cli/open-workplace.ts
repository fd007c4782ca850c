import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditErasure } from '../../audit/audit-erasure';
import { AuditModule } from '../../audit/audit.module';
import { AuditReader } from '../../audit/audit-reader';
import { AuditTrail } from '../../audit/audit-trail';
import { SecurityReports } from '../../audit/security-report';
import { Clock } from '../../clock';
import { loadConfig } from '../../config';
import { CoreModule } from '../../core.module';
import { createLogger } from '../../logger';
import { Endings } from '../../login/endings';
import { LogoutNotices } from '../../login/logout-notices';
import { StoreOpening } from '../../operations/store-opening';
import { StorageModule } from '../../storage.module';
import { KeyRing } from '../../tokens/key-ring';
import { administration } from '../administration';
import { AdminApis } from '../apis';
import { Application } from '../apply/application';
import { AdminClients } from '../clients';
import { AdminKeys } from '../keys';
import { AdminLogins } from '../logins';
import { AdminUsers } from '../users';
import type { Workplace } from './command';
import type { Terminal } from './terminal';

@Module({})
class CommandLine {}

/** What of a {@link Workplace} is the store's. */
export type OpenStore = Omit<Workplace, 'password' | 'readFile' | 'report' | 'say' | 'interruption'> & {
  close(): Promise<void>;
};

/** Opens the store that the settings name. Throws: ConfigError, StoreUnavailableError. */
export async function openWorkplace({ env, stderr }: Pick<Terminal, 'env' | 'stderr'>): Promise<OpenStore> {
  const config = loadConfig(env);
  // Standard output is for what was asked.
  const logger = createLogger({ write: (line) => void stderr.write(line) });
  logger.level = 'error';
  const context = await NestFactory.createApplicationContext(
    {
      module: CommandLine,
      imports: [CoreModule.register(config, logger, new Clock()), StorageModule.register(config), AuditModule],
      providers: [KeyRing, StoreOpening, Endings, LogoutNotices, ...administration],
    },
    { logger: false, abortOnError: false },
  );
  try {
    await context.get(StoreOpening).open();
  } catch (error) {
    await context.close();
    throw error;
  }
  const trail = context.get(AuditTrail);
  return {
    clients: context.get(AdminClients),
    apis: context.get(AdminApis),
    users: context.get(AdminUsers),
    logins: context.get(AdminLogins),
    keys: context.get(AdminKeys),
    application: context.get(Application),
    audit: context.get(AuditReader),
    erasure: context.get(AuditErasure),
    reports: context.get(SecurityReports),
    events: trail.ofCommand(),
    clock: context.get(Clock),
    close: async () => {
      // What the command did, before the store is closed.
      await trail.close();
      await context.close();
    },
  };
}
