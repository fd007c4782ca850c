import type { ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { ChallengeStore } from './domain/challenges/challenge-store';
import type { GrantStore } from './domain/challenges/grant-store';
import type { AuditLedger } from './operations/audit/audit-ledger';
import type { AuditSpace } from './operations/audit/audit-store';
import type { Clock } from './platform/clock';
import type { RateLimitStore } from './platform/http/rate-limit-store';
import type { RecordDatabase } from './platform/storage/records';
import type { StoreInspector } from './platform/storage/store-inspector';

/** What each database stores in its own way; all other records are stored alike. */
export interface Adapters {
  readonly challenges: ChallengeStore;
  readonly grants: GrantStore;
  readonly rateLimits: RateLimitStore;
  readonly audit: AuditSpace;
  readonly securityAudit: AuditSpace;
  readonly auditLedger: AuditLedger;
  readonly inspector: StoreInspector;
}

/** What the storage module binds: a database and its adapters. */
export interface Storage<Database extends RecordDatabase = RecordDatabase> {
  readonly database: Type<Database>;
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly providers: Provider[];
  adapters(database: Database, clock: Clock): Adapters;
}
