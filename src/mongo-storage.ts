import { type Abstract, Inject, type OnApplicationShutdown, type Provider, type Type } from '@nestjs/common';
import { getConnectionToken, getModelToken, type ModelDefinition, MongooseModule } from '@nestjs/mongoose';
import type { Connection, Model } from 'mongoose';
import type { Logger } from 'pino';
import { ApiStore } from './domain/apis/api-store';
import { CachedApiStore } from './domain/apis/cached-api-store';
import { ApiRecord, ApiSchema, MongoApiStore } from './domain/apis/mongo-api-store';
import { AuditStore } from './operations/audit/audit-store';
import { DividedAuditStore } from './operations/audit/divided-audit-store';
import {
  AuditProgressRecord,
  AuditProgressSchema,
  AuditRecord,
  AuditSchema,
  MongoAuditSpace,
  SecurityAuditRecord,
  SecurityAuditSchema,
} from './operations/audit/mongo-audit-space';
import { ChallengeStore } from './domain/challenges/challenge-store';
import { ChallengeEndRecord, ChallengeEndSchema, MongoChallengeEnds } from './domain/challenges/mongo-challenge-ends';
import { ChallengeRecord, ChallengeSchema, MongoChallengeStore } from './domain/challenges/mongo-challenge-store';
import { GrantStore } from './domain/challenges/grant-store';
import { GrantRecord, GrantSchema, MongoGrantStore } from './domain/challenges/mongo-grant-store';
import { CachedClientStore } from './domain/clients/cached-client-store';
import { ClientStore } from './domain/clients/client-store';
import { ClientRecord, ClientSchema, MongoClientStore } from './domain/clients/mongo-client-store';
import { Clock } from './platform/clock';
import { CONFIG, type Config } from './platform/config';
import { MongoRateLimitStore, RateLimitRecord, RateLimitSchema } from './platform/http/mongo-rate-limit-store';
import { RateLimitStore } from './platform/http/rate-limit-store';
import { withoutDemoAccounts } from './domain/identity/demo-accounts';
import { MongoUserStore, UserRecord, UserSchema } from './domain/identity/mongo-user-store';
import { UserStore } from './domain/identity/user-store';
import { LOGGER } from './platform/logger';
import { ConsentStore } from './protocols/login/consent-store';
import { ConsentRecord, ConsentSchema, MongoConsentStore } from './protocols/login/mongo-consent-store';
import { MongoSessionStore, SessionRecord, SessionSchema } from './protocols/login/mongo-session-store';
import { SessionStore } from './protocols/login/session-store';
import { ownEnvironment } from './platform/storage/environment';
import { MongoDatabase, mongoOptions } from './platform/storage/mongo-database';
import { MongoStoreInspector } from './platform/storage/mongo-store-inspector';
import { observed } from './platform/storage/observed-store';
import type { Storage } from './platform/storage/storage';
import { StoreCalls } from './platform/storage/store-calls';
import { StoreInspector } from './platform/storage/store-inspector';
import { MongoSigningKeyStore, SigningKeyRecord, SigningKeySchema } from './domain/tokens/mongo-signing-key-store';
import { SigningKeyStore } from './domain/tokens/signing-key-store';

const adapters: Provider[] = [
  MongoChallengeEnds,
  ...adapter(ChallengeStore, 'challenges', MongoChallengeStore),
  ...ofAccounts(GrantStore, 'grants', MongoGrantStore),
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
