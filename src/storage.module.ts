import {
  type Abstract,
  type DynamicModule,
  Global,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { ApiStore } from './domain/apis/api-store';
import { cachedApiStore } from './domain/apis/cached-api-store';
import { ChallengeStore } from './domain/challenges/challenge-store';
import { GrantStore } from './domain/challenges/grant-store';
import { cachedClientStore } from './domain/clients/cached-client-store';
import { ClientStore } from './domain/clients/client-store';
import { withoutDemoAccounts } from './domain/identity/demo-accounts';
import { RpIdStore } from './domain/identity/rp-id-store';
import { UserStore } from './domain/identity/user-store';
import { MailStore } from './domain/mail/mail-store';
import { cachedOperatorStore, OperatorStore } from './domain/operators/operator-store';
import { SigningKeyStore } from './domain/tokens/signing-key-store';
import { ConsoleSessionStore } from './operations/admin/console/console-session-store';
import { AuditStore } from './operations/audit/audit-store';
import { SealStore } from './operations/audit/seal-store';
import { Clock } from './platform/clock';
import { CONFIG, type Config } from './platform/config';
import { RateLimitStore } from './platform/http/rate-limit-store';
import { observed } from './platform/storage/observed-store';
import { RecordDatabase } from './platform/storage/records';
import { StoreCalls } from './platform/storage/store-calls';
import { StoreInspector } from './platform/storage/store-inspector';
import { ConsentStore } from './protocols/login/consent-store';
import { SessionStore } from './protocols/login/session-store';
import type { Adapters, Storage } from './storage';

const ADAPTERS = Symbol('adapters');

/** What a port is made from: `observe` counts and times the calls to a store, by collection. */
interface Parts {
  readonly database: RecordDatabase;
  readonly adapters: Adapters;
  readonly observe: <Store extends object>(name: string, store: Store) => Store;
  readonly config: Config;
  readonly clock: Clock;
}

/** Every port of the service. */
const ports = [
  port(ChallengeStore, ({ observe, adapters }) => observe('challenges', adapters.challenges)),
  port(GrantStore, ({ observe, adapters, config }) => withoutDemoAccounts(config, observe('grants', adapters.grants))),
  port(SessionStore, ({ observe, database, config }) =>
    withoutDemoAccounts(config, observe('sessions', new SessionStore(database))),
  ),
  port(SigningKeyStore, ({ observe, database }) => observe('signing_keys', new SigningKeyStore(database))),
  port(ClientStore, ({ observe, database, config, clock }) =>
    cachedClientStore(observe('clients', new ClientStore(database, config.production)), clock),
  ),
  port(ApiStore, ({ observe, database, clock }) => cachedApiStore(observe('apis', new ApiStore(database)), clock)),
  port(OperatorStore, ({ observe, database, clock }) =>
    cachedOperatorStore(observe('operators', new OperatorStore(database)), clock),
  ),
  port(ConsoleSessionStore, ({ observe, database }) => observe('console_sessions', new ConsoleSessionStore(database))),
  port(UserStore, ({ observe, database, config }) => observe('users', new UserStore(database, config.production))),
  port(RpIdStore, ({ observe, database }) => observe('rp_ids', new RpIdStore(database))),
  port(ConsentStore, ({ observe, database }) => observe('consents', new ConsentStore(database))),
  port(MailStore, ({ observe, database }) => observe('mails', new MailStore(database))),
  port(RateLimitStore, ({ observe, adapters }) => observe('rate_limits', adapters.rateLimits)),
  port(
    AuditStore,
    ({ observe, adapters }) =>
      new AuditStore(
        observe('audit_events', adapters.audit),
        observe('audit_security_events', adapters.securityAudit),
        adapters.auditLedger,
      ),
  ),
  port(SealStore, ({ observe, database }) => observe('audit_seals', new SealStore(database))),
  port(StoreInspector, ({ observe, adapters }) => observe('inspector', adapters.inspector)),
];

@Injectable()
class CloseDatabase implements OnApplicationShutdown {
  constructor(private readonly database: RecordDatabase) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

/** Binds every port to MongoDB where `MONGODB_URI` is set, otherwise to the embedded store. */
@Global()
@Module({})
export class StorageModule {
  static async register({ mongodbUri }: Config): Promise<DynamicModule> {
    const { database, imports, providers, adapters } = await (mongodbUri === undefined
      ? embedded()
      : mongodb(mongodbUri));
    return {
      module: StorageModule,
      imports,
      providers: [
        StoreCalls,
        ...providers,
        { provide: RecordDatabase, useExisting: database },
        CloseDatabase,
        { provide: ADAPTERS, inject: [database, Clock], useFactory: adapters },
        ...ports,
      ],
      exports: [database, RecordDatabase, StoreCalls, ...ports.map(({ provide }) => provide)],
    };
  }
}

function port<Port extends object>(provide: Abstract<Port>, make: (parts: Parts) => Port) {
  return {
    provide,
    inject: [RecordDatabase, ADAPTERS, StoreCalls, CONFIG, Clock],
    useFactory: (database: RecordDatabase, adapters: Adapters, calls: StoreCalls, config: Config, clock: Clock) =>
      make({ database, adapters, config, clock, observe: (name, store) => observed(name, store, calls) }),
  } satisfies Provider;
}

// Imported here, so that a process loads only one of them: mongoose takes a sixth of the start.
async function embedded(): Promise<Storage> {
  const { lmdbStorage } = await import('./lmdb-storage.ts');
  return lmdbStorage();
}

async function mongodb(uri: string): Promise<Storage> {
  const { mongoStorage } = await import('./mongo-storage.ts');
  return mongoStorage(uri);
}
