import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Clock } from '../../clock';
import { loadConfig } from '../../config';
import { CoreModule } from '../../core.module';
import { Events } from '../../events/events';
import { createLogger } from '../../logger';
import { Endings } from '../../login/endings';
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

/** Who runs a command sees what it did. */
class Unheard extends Events {
  override emit(): void {}
  override concern(): void {}
}

/** What of a {@link Workplace} is the store's. */
export type OpenStore = Omit<Workplace, 'password' | 'readFile' | 'report'> & { close(): Promise<void> };

/** Opens the store that the settings name. Throws: ConfigError, StoreUnavailableError. */
export async function openWorkplace({ env, stderr }: Pick<Terminal, 'env' | 'stderr'>): Promise<OpenStore> {
  const config = loadConfig(env);
  // Standard output is for what was asked.
  const logger = createLogger({ write: (line) => void stderr.write(line) });
  logger.level = 'error';
  const context = await NestFactory.createApplicationContext(
    {
      module: CommandLine,
      imports: [CoreModule.register(config, logger, new Clock()), StorageModule.register(config)],
      providers: [KeyRing, StoreOpening, Endings, ...administration],
    },
    { logger: false, abortOnError: false },
  );
  try {
    await context.get(StoreOpening).open();
  } catch (error) {
    await context.close();
    throw error;
  }
  return {
    clients: context.get(AdminClients),
    apis: context.get(AdminApis),
    users: context.get(AdminUsers),
    logins: context.get(AdminLogins),
    keys: context.get(AdminKeys),
    application: context.get(Application),
    events: new Unheard(),
    close: () => context.close(),
  };
}
