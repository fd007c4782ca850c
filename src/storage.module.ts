import {
  type Abstract,
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type Provider,
  type Type,
} from '@nestjs/common';
import { getConnectionToken, type ModelDefinition, MongooseModule } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { ConsentStore } from './login/consent-store';
import { LmdbConsentStore } from './login/lmdb-consent-store';
import { LmdbSessionStore } from './login/lmdb-session-store';
import { LmdbUserStore } from './identity/lmdb-user-store';
import { ConsentRecord, ConsentSchema, MongoConsentStore } from './login/mongo-consent-store';
import { MongoSessionStore, SessionRecord, SessionSchema } from './login/mongo-session-store';
import { MongoUserStore, UserRecord, UserSchema } from './identity/mongo-user-store';
import { SessionStore } from './login/session-store';
import { UserStore } from './identity/user-store';
import { expiredChallengeKept } from './challenges/challenge';
import { ChallengeStore } from './challenges/challenge-store';
import { FormerRecords } from './challenges/former-records';
import { GrantStore } from './challenges/grant-store';
import { LmdbFormerRecords } from './challenges/lmdb-former-records';
import { LmdbGrantStore } from './challenges/lmdb-grant-store';
import { MongoFormerRecords } from './challenges/mongo-former-records';
import { GrantRecord, GrantSchema, MongoGrantStore } from './challenges/mongo-grant-store';
import { LmdbChallengeStore } from './challenges/lmdb-challenge-store';
import { ChallengeRecord, ChallengeSchema, MongoChallengeStore } from './challenges/mongo-challenge-store';
import { ClientStore } from './clients/client-store';
import { LmdbClientStore } from './clients/lmdb-client-store';
import { ClientRecord, ClientSchema, MongoClientStore } from './clients/mongo-client-store';
import { Clock } from './clock';
import { CONFIG, type Config, ConfigError } from './config';
import { LmdbRateLimitStore } from './http/lmdb-rate-limit-store';
import { MongoRateLimitStore, RateLimitRecord, RateLimitSchema } from './http/mongo-rate-limit-store';
import { RateLimitStore } from './http/rate-limit-store';
import { LOGGER } from './logger';
import { LmdbSigningKeyStore } from './tokens/lmdb-signing-key-store';
import { MongoSigningKeyStore, SigningKeyRecord, SigningKeySchema } from './tokens/mongo-signing-key-store';
import { SigningKeyStore } from './tokens/signing-key-store';
import { LmdbDatabase } from './storage/lmdb-database';
import { LmdbStoreInspector } from './storage/lmdb-store-inspector';
import { MongoDatabase, mongoOptions } from './storage/mongo-database';
import { MongoStoreInspector } from './storage/mongo-store-inspector';
import { StoreInspector } from './storage/store-inspector';

interface Adapters<Port> {
  readonly port: Abstract<Port>;
  readonly lmdb: new (database: LmdbDatabase) => Port;
  readonly mongo: Type<Port>;
}

function port<Port>(adapters: Adapters<Port>): Adapters<Port> {
  return adapters;
}

/** Every port of the service with its two adapters. */
const ports = [
  port({ port: ChallengeStore, lmdb: LmdbChallengeStore, mongo: MongoChallengeStore }),
  port({ port: GrantStore, lmdb: LmdbGrantStore, mongo: MongoGrantStore }),
  port({ port: FormerRecords, lmdb: LmdbFormerRecords, mongo: MongoFormerRecords }),
  port({ port: SigningKeyStore, lmdb: LmdbSigningKeyStore, mongo: MongoSigningKeyStore }),
  port({ port: ClientStore, lmdb: LmdbClientStore, mongo: MongoClientStore }),
  port({ port: UserStore, lmdb: LmdbUserStore, mongo: MongoUserStore }),
  port({ port: SessionStore, lmdb: LmdbSessionStore, mongo: MongoSessionStore }),
  port({ port: ConsentStore, lmdb: LmdbConsentStore, mongo: MongoConsentStore }),
  port({ port: RateLimitStore, lmdb: LmdbRateLimitStore, mongo: MongoRateLimitStore }),
  port({ port: StoreInspector, lmdb: LmdbStoreInspector, mongo: MongoStoreInspector }),
] as readonly Adapters<unknown>[];

const models: ModelDefinition[] = [
  { name: ChallengeRecord.name, schema: ChallengeSchema },
  { name: GrantRecord.name, schema: GrantSchema },
  { name: SigningKeyRecord.name, schema: SigningKeySchema },
  { name: ClientRecord.name, schema: ClientSchema },
  { name: UserRecord.name, schema: UserSchema },
  { name: SessionRecord.name, schema: SessionSchema },
  { name: ConsentRecord.name, schema: ConsentSchema },
  { name: RateLimitRecord.name, schema: RateLimitSchema },
];

/** Binds every port to MongoDB where `MONGODB_URI` is set, otherwise to the embedded store. */
@Global()
@Module({})
export class StorageModule {
  static register(config: Config): DynamicModule {
    return config.mongodbUri === undefined ? embedded() : mongodb(config.mongodbUri);
  }
}

function embedded(): DynamicModule {
  const database: Provider = {
    provide: LmdbDatabase,
    inject: [CONFIG, Clock],
    useFactory: openEmbedded,
  };
  const adapters: Provider[] = ports.map(({ port: provide, lmdb: Adapter }) => ({
    provide,
    inject: [LmdbDatabase],
    useFactory: (opened: LmdbDatabase) => new Adapter(opened),
  }));
  return {
    module: StorageModule,
    providers: [database, ...adapters, CloseLmdb],
    exports: [LmdbDatabase, ...ports.map((each) => each.port)],
  };
}

/** Throws: {@link ConfigError} when the files cannot be opened there. */
function openEmbedded(config: Config, clock: Clock): LmdbDatabase {
  try {
    return new LmdbDatabase(config.dataDir, () => clock.now(), { keepExpiredMs: expiredChallengeKept * 1000 });
  } catch (cause) {
    const allowed = 'a directory that this process may make or write';
    throw new ConfigError(`DATA_DIR: ${JSON.stringify(config.dataDir)} is not allowed; allowed: ${allowed}`, { cause });
  }
}

function mongodb(uri: string): DynamicModule {
  const database: Provider = {
    provide: MongoDatabase,
    inject: [getConnectionToken(), LOGGER],
    useFactory: (connection: Connection, logger: Logger) => new MongoDatabase(connection, uri, logger),
  };
  const adapters: Provider[] = ports.map(({ port: provide, mongo: useClass }) => ({ provide, useClass }));
  return {
    module: StorageModule,
    imports: [
      MongooseModule.forRoot(uri, { ...mongoOptions, lazyConnection: true }),
      MongooseModule.forFeature(models),
    ],
    providers: [database, ...adapters, CloseMongo],
    exports: [MongoDatabase, ...ports.map((each) => each.port)],
  };
}

class CloseLmdb implements OnApplicationShutdown {
  constructor(@Inject(LmdbDatabase) private readonly database: LmdbDatabase) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

class CloseMongo implements OnApplicationShutdown {
  constructor(@Inject(MongoDatabase) private readonly database: MongoDatabase) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
