import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditErasure } from '../../operations/audit/audit-erasure';
import { AuditModule } from '../../operations/audit/audit.module';
import { AuditReader } from '../../operations/audit/audit-reader';
import { AuditTrail } from '../../operations/audit/audit-trail';
import { SecurityReports } from '../../operations/audit/security-report';
import { Clock } from '../../platform/clock';
import { loadConfig } from '../../platform/config';
import { CoreModule } from '../../core.module';
import { createLogger } from '../../platform/logger';
import { Revocation } from '../../protocols/login/revocation';
import { LogoutNotices } from '../../protocols/login/logout-notices';
import { StoreOpening } from '../../operations/health/store-opening';
import { StorageModule } from '../../storage.module';
import { KeyRing } from '../../domain/tokens/key-ring';
import { administration } from '../../operations/admin/administration';
import { AdminApis } from '../../operations/admin/apis';
import { ConfigApplier } from '../../operations/admin/apply/config-applier';
import { AdminClients } from '../../operations/admin/clients';
import { AdminKeys } from '../../operations/admin/keys';
import { AdminGrants, AdminSessions } from '../../operations/admin/logins';
import { AdminUsers } from '../../operations/admin/users';
import type { CommandContext } from './command';
import type { Terminal } from './terminal';

@Module({})
class CommandLine {}

/** The part of {@link CommandContext} that needs the store. */
export type OpenStore = Omit<CommandContext, 'password' | 'readFile' | 'report' | 'say' | 'interruption'> & {
  close(): Promise<void>;
};

/** Opens the configured store. Throws: ConfigError, StoreUnavailableError. */
export async function openCommandContext({ env, stderr }: Pick<Terminal, 'env' | 'stderr'>): Promise<OpenStore> {
  const config = loadConfig(env);
  // Standard output is for results.
  const logger = createLogger({ write: (line) => void stderr.write(line) });
  logger.level = 'error';
  const context = await NestFactory.createApplicationContext(
    {
      module: CommandLine,
      imports: [CoreModule.register(config, logger, new Clock()), StorageModule.register(config), AuditModule],
      providers: [KeyRing, StoreOpening, Revocation, LogoutNotices, ...administration],
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
    grants: context.get(AdminGrants),
    sessions: context.get(AdminSessions),
    keys: context.get(AdminKeys),
    applier: context.get(ConfigApplier),
    audit: context.get(AuditReader),
    erasure: context.get(AuditErasure),
    reports: context.get(SecurityReports),
    events: trail.ofCommand(),
    clock: context.get(Clock),
    close: async () => {
      // Writes the command's events before the store closes.
      await trail.close();
      await context.close();
    },
  };
}
