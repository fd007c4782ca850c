import type { Provider } from '@nestjs/common';
import { getConnectionToken, type ModelDefinition, MongooseModule } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { apiRecords } from './domain/apis/api-store';
import { operatorRecords } from './domain/operators/operator-store';
import { notBeforeModel } from './domain/challenges/mongo-not-befores';
import { challengeModel, MongoChallengeStore } from './domain/challenges/mongo-challenge-store';
import { sessionRecords } from './domain/challenges/session';
import { MongoGrantStore } from './domain/challenges/mongo-grant-store';
import { grantModel } from './domain/challenges/mongo-grants';
import { clientRecords } from './domain/clients/client-store';
import { keptRpIdRecords } from './domain/identity/rp-id-store';
import { userRecords } from './domain/identity/user-store';
import { mailRecords } from './domain/mail/mail-store';
import { retiredKeyRecords, signingKeyRecords } from './domain/tokens/signing-key-store';
import { consoleSessionRecords } from './operations/admin/console/console-session-store';
import { sealRecords } from './operations/audit/audit-seal';
import { MongoAuditLedger } from './operations/audit/mongo-audit-ledger';
import { auditModels, MongoAuditSpace } from './operations/audit/mongo-audit-space';
import { CONFIG, type Config } from './platform/config';
import { counterModel, MongoRateLimitStore } from './platform/http/mongo-rate-limit-store';
import { LOGGER } from './platform/logger';
import { ownEnvironment } from './platform/storage/environment';
import { MongoDatabase, mongoOptions } from './platform/storage/mongo-database';
import { mongoRecordsModel } from './platform/storage/mongo-records';
import { MongoStoreInspector } from './platform/storage/mongo-store-inspector';
import { consentRecords } from './protocols/login/consent-store';
import type { Storage } from './storage';

export const mongoModels: ModelDefinition[] = [
  challengeModel,
  notBeforeModel,
  grantModel,
  counterModel,
  ...auditModels,
  mongoRecordsModel(sealRecords),
  mongoRecordsModel(signingKeyRecords),
  mongoRecordsModel(retiredKeyRecords),
  mongoRecordsModel(clientRecords),
  mongoRecordsModel(apiRecords),
  mongoRecordsModel(operatorRecords),
  mongoRecordsModel(consoleSessionRecords),
  mongoRecordsModel(userRecords),
  mongoRecordsModel(keptRpIdRecords),
  mongoRecordsModel(consentRecords),
  mongoRecordsModel(mailRecords),
  mongoRecordsModel(sessionRecords),
];

/** Which records of some collections a copy has, so that it is that of one moment. */
export { copiedAudit as copiedParts } from './operations/audit/mongo-audit-copy';

/** The MongoDB store at this URI. */
export function mongoStorage(uri: string): Storage<MongoDatabase> {
  const database: Provider = {
    provide: MongoDatabase,
    inject: [getConnectionToken(), CONFIG, LOGGER],
    useFactory: (connection: Connection, config: Config, logger: Logger) =>
      new MongoDatabase(connection, uri, ownEnvironment(config), logger),
  };
  return {
    database: MongoDatabase,
    imports: [
      MongooseModule.forRoot(uri, { ...mongoOptions, lazyConnection: true }),
      MongooseModule.forFeature(mongoModels),
    ],
    providers: [database],
    adapters: (connected, clock) => {
      const auditLedger = new MongoAuditLedger(connected, clock);
      return {
        challenges: new MongoChallengeStore(connected),
        grants: new MongoGrantStore(connected),
        rateLimits: new MongoRateLimitStore(connected),
        audit: new MongoAuditSpace(connected, 'audit', auditLedger),
        securityAudit: new MongoAuditSpace(connected, 'audit_security', auditLedger),
        auditLedger,
        inspector: new MongoStoreInspector(connected),
      };
    },
  };
}
