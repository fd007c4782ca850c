import { setTimeout as delay } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditErasure } from '../../operations/audit/audit-erasure';
import { AuditModule } from '../../operations/audit/audit.module';
import { AuditReader } from '../../operations/audit/audit-reader';
import { AuditTrail } from '../../operations/audit/audit-trail';
import { AuditVerification } from '../../operations/audit/audit-verification';
import { SecurityReports } from '../../operations/audit/security-report';
import { Clock } from '../../platform/clock';
import { Outbox } from '../../domain/mail/outbox';
import { loadConfig } from '../../platform/config';
import { CoreModule } from '../../core.module';
import { createLogger } from '../../platform/logger';
import { Revocation } from '../../protocols/login/revocation';
import { LogoutNotices } from '../../protocols/login/logout-notices';
import { StoreOpening } from '../../operations/health/store-opening';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import { StorageModule } from '../../storage.module';
import { KeysModule } from '../../domain/tokens/keys.module';
import { administration, made } from '../../operations/admin/administration';
import { ApiStore } from '../../domain/apis/api-store';
import { ClientStore } from '../../domain/clients/client-store';
import { UserStore } from '../../domain/identity/user-store';
import { AdminApis } from '../../operations/admin/apis';
import { ConfigApplier } from '../../operations/admin/apply/config-applier';
import { AdminClients } from '../../operations/admin/clients';
import { commandLine } from '../../domain/operators/operators';
import { AdminOperators } from '../../operations/admin/operators';
import { AdminKeys } from '../../operations/admin/keys';
import { AdminGrants, AdminSessions } from '../../operations/admin/logins';
import { AdminUserLinks } from '../../operations/admin/user-links';
import { AdminUsers } from '../../operations/admin/users';
import type { CommandContext } from './command';
import type { Terminal } from './terminal';

/** A busy database, or one that chooses its primary, has this long to answer. */
const patienceMs = 10_000;
const retryMs = 250;

/** Not among {@link administration}, which the service loads: it brings a parser of YAML. */
const applier = made(ConfigApplier, ClientStore, ApiStore, UserStore, AdminClients, AdminApis, AdminUsers);

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
      imports: [
        CoreModule.register(config, logger, new Clock()),
        StorageModule.register(config),
        AuditModule,
        KeysModule,
      ],
      providers: [StoreOpening, Revocation, LogoutNotices, Outbox, ...administration, applier],
    },
    { logger: false, abortOnError: false },
  );
  try {
    await openPatiently(context.get(StoreOpening), performance.now() + patienceMs);
  } catch (error) {
    await context.close();
    throw error;
  }
  const trail = context.get(AuditTrail);
  const by = commandLine();
  return {
    clients: context.get(AdminClients),
    apis: context.get(AdminApis),
    users: context.get(AdminUsers),
    userLinks: context.get(AdminUserLinks),
    grants: context.get(AdminGrants),
    sessions: context.get(AdminSessions),
    operators: context.get(AdminOperators),
    keys: context.get(AdminKeys),
    applier: context.get(ConfigApplier),
    audit: context.get(AuditReader),
    erasure: context.get(AuditErasure),
    verification: context.get(AuditVerification),
    reports: context.get(SecurityReports),
    events: trail.ofCommand(by.actor),
    by,
    clock: context.get(Clock),
    close: async () => {
      // Writes the command's events before the store closes.
      await trail.close();
      await context.close();
    },
  };
}

async function openPatiently(opening: StoreOpening, deadline: number): Promise<void> {
  try {
    await opening.open();
  } catch (error) {
    if (!(error instanceof StoreUnavailableError) || performance.now() > deadline) throw error;
    await delay(retryMs);
    await openPatiently(opening, deadline);
  }
}
