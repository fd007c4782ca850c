import { type Abstract, Inject, type OnApplicationShutdown, type Provider, type Type } from '@nestjs/common';
import { getConnectionToken, getModelToken, type ModelDefinition, MongooseModule } from '@nestjs/mongoose';
import type { Connection, Model } from 'mongoose';
import type { Logger } from 'pino';
import { ApiStore } from './apis/api-store';
import { CachedApiStore } from './apis/cached-api-store';
import { ApiRecord, ApiSchema, MongoApiStore } from './apis/mongo-api-store';
import { AuditStore } from './audit/audit-store';
import { DividedAuditStore } from './audit/divided-audit-store';
import {
  AuditProgressRecord,
  AuditProgressSchema,
  AuditRecord,
  AuditSchema,
  MongoAuditSpace,
  SecurityAuditRecord,
  SecurityAuditSchema,
} from './audit/mongo-audit-space';
import { ChallengeStore } from './challenges/challenge-store';
import { ChallengeEndRecord, ChallengeEndSchema, MongoChallengeEnds } from './challenges/mongo-challenge-ends';
import { ChallengeRecord, ChallengeSchema, MongoChallengeStore } from './challenges/mongo-challenge-store';
import { FormerRecords } from './challenges/former-records';
import { GrantStore } from './challenges/grant-store';
import { MongoFormerRecords } from './challenges/mongo-former-records';
import { GrantRecord, GrantSchema, MongoGrantStore } from './challenges/mongo-grant-store';
import { CachedClientStore } from './clients/cached-client-store';
import { ClientStore } from './clients/client-store';
import { ClientRecord, ClientSchema, MongoClientStore } from './clients/mongo-client-store';
import { Clock } from './clock';
import { CONFIG, type Config } from './config';
import { MongoRateLimitStore, RateLimitRecord, RateLimitSchema } from './http/mongo-rate-limit-store';
import { RateLimitStore } from './http/rate-limit-store';
import { withoutDemoAccounts } from './identity/demo-accounts';
import { MongoUserStore, UserRecord, UserSchema } from './identity/mongo-user-store';
import { UserStore } from './identity/user-store';
import { LOGGER } from './logger';
import { ConsentStore } from './login/consent-store';
import { ConsentRecord, ConsentSchema, MongoConsentStore } from './login/mongo-consent-store';
import { MongoSessionStore, SessionRecord, SessionSchema } from './login/mongo-session-store';
import { SessionStore } from './login/session-store';
import { ownEnvironment } from './storage/environment';
import { MongoDatabase, mongoOptions } from './storage/mongo-database';
import { MongoStoreInspector } from './storage/mongo-store-inspector';
import { observed } from './storage/observed-store';
import type { Storage } from './storage/storage';
import { StoreCalls } from './storage/store-calls';
import { StoreInspector } from './storage/store-inspector';
import { MongoSigningKeyStore, SigningKeyRecord, SigningKeySchema } from './tokens/mongo-signing-key-store';
import { SigningKeyStore } from './tokens/signing-key-store';

const adapters: Provider[] = [
  MongoChallengeEnds,
  ...adapter(ChallengeStore, 'challenges', MongoChallengeStore),
  ...ofAccounts(GrantStore, 'grants', MongoGrantStore),
  ...adapter(FormerRecords, 'former_records', MongoFormerRecords),
  ...adapter(SigningKeyStore, 'signing_keys', MongoSigningKeyStore),
  MongoClientStore,
  { provide: ClientStore, inject: [MongoClientStore, StoreCalls, Clock], useFactory: cachedClients },
  MongoApiStore,
  { provide: ApiStore, inject: [MongoApiStore, StoreCalls, Clock], useFactory: cachedApis },
  ...adapter(UserStore, 'users', MongoUserStore),
  ...ofAccounts(SessionStore, 'sessions', MongoSessionStore),
  ...adapter(ConsentStore, 'consents', MongoConsentStore),
  ...adapter(RateLimitStore, 'rate_limits', MongoRateLimitStore),
  {
    provide: AuditStore,
    inject: [
      ...[AuditRecord, SecurityAuditRecord, AuditProgressRecord].map(({ name }) => getModelToken(name)),
      StoreCalls,
    ],
    useFactory: dividedTrail,
  },
  ...adapter(StoreInspector, 'inspector', MongoStoreInspector),
];

export const mongoModels: ModelDefinition[] = [
  { name: ChallengeRecord.name, schema: ChallengeSchema },
  { name: ChallengeEndRecord.name, schema: ChallengeEndSchema },
  { name: GrantRecord.name, schema: GrantSchema },
  { name: SigningKeyRecord.name, schema: SigningKeySchema },
  { name: ClientRecord.name, schema: ClientSchema },
  { name: ApiRecord.name, schema: ApiSchema },
  { name: UserRecord.name, schema: UserSchema },
  { name: SessionRecord.name, schema: SessionSchema },
  { name: ConsentRecord.name, schema: ConsentSchema },
  { name: RateLimitRecord.name, schema: RateLimitSchema },
  { name: AuditRecord.name, schema: AuditSchema },
  { name: SecurityAuditRecord.name, schema: SecurityAuditSchema },
  { name: AuditProgressRecord.name, schema: AuditProgressSchema },
];

/** The MongoDB that the URI names. */
export function mongoStorage(uri: string): Storage {
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
    providers: [database, ...adapters, CloseMongo],
  };
}

function adapter<Port extends object>(provide: Abstract<Port>, name: string, store: Type<Port>): Provider[] {
  const useFactory = (own: Port, calls: StoreCalls) => observed(name, own, calls);
  return [store, { provide, inject: [store, StoreCalls], useFactory }];
}

/** Of what accounts have. */
function ofAccounts<Port extends object>(provide: Abstract<Port>, name: string, store: Type<Port>): Provider[] {
  const useFactory = (own: Port, calls: StoreCalls, config: Config) =>
    withoutDemoAccounts(config, observed(name, own, calls));
  return [store, { provide, inject: [store, StoreCalls, CONFIG], useFactory }];
}

function dividedTrail(
  common: Model<AuditRecord>,
  security: Model<SecurityAuditRecord>,
  progress: Model<AuditProgressRecord>,
  calls: StoreCalls,
): AuditStore {
  return new DividedAuditStore(
    observed('audit_events', new MongoAuditSpace(common, progress, 'truncated'), calls),
    observed('audit_security_events', new MongoAuditSpace(security, progress, 'truncated security'), calls),
  );
}

function cachedClients(clients: MongoClientStore, calls: StoreCalls, clock: Clock): ClientStore {
  return new CachedClientStore(observed<ClientStore>('clients', clients, calls), clock);
}

function cachedApis(apis: MongoApiStore, calls: StoreCalls, clock: Clock): ApiStore {
  return new CachedApiStore(observed<ApiStore>('apis', apis, calls), clock);
}

class CloseMongo implements OnApplicationShutdown {
  constructor(@Inject(MongoDatabase) private readonly database: MongoDatabase) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
