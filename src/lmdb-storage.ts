import type { Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { expiredChallengeKept } from './domain/challenges/challenge';
import { LmdbChallengeStore } from './domain/challenges/lmdb-challenge-store';
import { LmdbGrantStore } from './domain/challenges/lmdb-grant-store';
import { LmdbAuditLedger } from './operations/audit/lmdb-audit-ledger';
import { LmdbAuditSpace } from './operations/audit/lmdb-audit-space';
import { Clock } from './platform/clock';
import { CONFIG, type Config, ConfigError, refusedSetting } from './platform/config';
import { LmdbRateLimitStore } from './platform/http/lmdb-rate-limit-store';
import { LOGGER } from './platform/logger';
import { OtherStoreError, ownEnvironment, refusedStore } from './platform/storage/environment';
import { LmdbDatabase } from './platform/storage/lmdb-database';
import { LmdbStoreInspector } from './platform/storage/lmdb-store-inspector';
import type { Storage } from './storage';

/** The embedded store in `DATA_DIR`. */
export function lmdbStorage(): Storage<LmdbDatabase> {
  const database: Provider = { provide: LmdbDatabase, inject: [CONFIG, Clock, LOGGER], useFactory: openEmbedded };
  return {
    database: LmdbDatabase,
    imports: [],
    providers: [database],
    adapters: (opened) => {
      const auditLedger = new LmdbAuditLedger(opened);
      return {
        challenges: new LmdbChallengeStore(opened),
        grants: new LmdbGrantStore(opened),
        rateLimits: new LmdbRateLimitStore(opened),
        audit: new LmdbAuditSpace(opened, 'audit', auditLedger),
        securityAudit: new LmdbAuditSpace(opened, 'audit_security', auditLedger),
        auditLedger,
        inspector: new LmdbStoreInspector(opened),
      };
    },
  };
}

/**
 * Throws: {@link ConfigError} when the files cannot be opened, belong to the other environment or another form, or are not
 * private.
 */
export function openEmbedded(config: Config, clock: Clock, logger: Logger): LmdbDatabase {
  const refused = (allowed: string, options?: ErrorOptions) =>
    refusedSetting('DATA_DIR', config.dataDir, allowed, options);
  const onExposed = (paths: readonly string[]) => {
    if (config.production) throw refused('in production a directory that this process can keep to itself (0700)');
    logger.warn({ paths }, 'others on this machine may read or replace the store');
  };
  try {
    return new LmdbDatabase(config.dataDir, () => clock.now(), {
      keepExpiredMs: expiredChallengeKept * 1000,
      environment: ownEnvironment(config),
      onExposed,
    });
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    if (cause instanceof OtherStoreError) throw refusedStore('DATA_DIR', config.dataDir, cause);
    throw refused('a directory that this process may make or write', { cause });
  }
}
