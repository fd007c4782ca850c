import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditModule } from './operations/audit/audit.module';
import { AuditTrail } from './operations/audit/audit-trail';
import { Clock } from './platform/clock';
import { loadConfig } from './platform/config';
import { CoreModule } from './core.module';
import { createLogger } from './platform/logger';
import { StoreOpening } from './operations/health/store-opening';
import { StorageModule } from './storage.module';
import { endBadly, exitUsage } from './store-command';
import { KeyRing } from './domain/tokens/key-ring';

@Module({})
class Rotation {}

/** Rotates the signing keys in the store that the settings name, and prints the kids that are published from now on. */
async function main(args: readonly string[]): Promise<void> {
  const immediately = args.includes('--immediately');
  if (args.some((arg) => arg !== '--immediately')) {
    process.stderr.write('usage: rotate-keys [--immediately]\n');
    process.exitCode = exitUsage;
    return;
  }
  const config = loadConfig(process.env);
  // Standard output is for the kids.
  const logger = createLogger({ write: (line) => void process.stderr.write(line) });
  const context = await NestFactory.createApplicationContext(
    {
      module: Rotation,
      imports: [CoreModule.register(config, logger, new Clock()), StorageModule.register(config), AuditModule],
      providers: [KeyRing, StoreOpening],
    },
    { logger: false, abortOnError: false },
  );
  try {
    await context.get(StoreOpening).open();
    const keys = context.get(KeyRing);
    await keys.rotate(immediately);
    context.get(AuditTrail).ofCommand().emit({ type: 'keys_rotated', immediately });
    for (const { kid, alg } of keys.publishedKeys().keys) process.stdout.write(`${alg} ${kid}\n`);
  } finally {
    await context.get(AuditTrail).close();
    await context.close();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => endBadly(error, 'the keys could not be rotated'));
