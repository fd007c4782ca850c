import { type Abstract, Inject, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { ApiStore } from './domain/apis/api-store';
import { CachedApiStore } from './domain/apis/cached-api-store';
import { LmdbApiStore } from './domain/apis/lmdb-api-store';
import { AuditStore } from './operations/audit/audit-store';
import { DividedAuditStore } from './operations/audit/divided-audit-store';
import { LmdbAuditSpace } from './operations/audit/lmdb-audit-space';
import { expiredChallengeKept } from './domain/challenges/challenge';
import { ChallengeStore } from './domain/challenges/challenge-store';
import { LmdbChallengeStore } from './domain/challenges/lmdb-challenge-store';
import { GrantStore } from './domain/challenges/grant-store';
import { LmdbGrantStore } from './domain/challenges/lmdb-grant-store';
import { CachedClientStore } from './domain/clients/cached-client-store';
import { ClientStore } from './domain/clients/client-store';
import { LmdbClientStore } from './domain/clients/lmdb-client-store';
import { Clock } from './platform/clock';
import type { Logger } from 'pino';
import { CONFIG, type Config, ConfigError, refusedSetting } from './platform/config';
import { LmdbRateLimitStore } from './platform/http/lmdb-rate-limit-store';
import { RateLimitStore } from './platform/http/rate-limit-store';
import { withoutDemoAccounts } from './domain/identity/demo-accounts';
import { LmdbUserStore } from './domain/identity/lmdb-user-store';
import { UserStore } from './domain/identity/user-store';
import { LOGGER } from './platform/logger';
import { ConsentStore } from './protocols/login/consent-store';
import { LmdbConsentStore } from './protocols/login/lmdb-consent-store';
import { LmdbSessionStore } from './protocols/login/lmdb-session-store';
import { SessionStore } from './protocols/login/session-store';
import { OtherStoreError, ownEnvironment, refusedStore } from './platform/storage/environment';
import { LmdbDatabase } from './platform/storage/lmdb-database';
import { LmdbStoreInspector } from './platform/storage/lmdb-store-inspector';
import { observed } from './platform/storage/observed-store';
import type { Storage } from './platform/storage/storage';
import { StoreCalls } from './platform/storage/store-calls';
import { StoreInspector } from './platform/storage/store-inspector';
import { LmdbSigningKeyStore } from './domain/tokens/lmdb-signing-key-store';
import { SigningKeyStore } from './domain/tokens/signing-key-store';

const adapters: Provider[] = [
  adapter(ChallengeStore, 'challenges', LmdbChallengeStore),
  ofAccounts(GrantStore, 'grants', LmdbGrantStore),
  adapter(SigningKeyStore, 'signing_keys', LmdbSigningKeyStore),
  { provide: ClientStore, inject: [LmdbDatabase, StoreCalls, Clock, CONFIG], useFactory: cachedClients },
  { provide: ApiStore, inject: [LmdbDatabase, StoreCalls, Clock], useFactory: cachedApis },
  { provide: UserStore, inject: [LmdbDatabase, StoreCalls, CONFIG], useFactory: users },
  ofAccounts(SessionStore, 'sessions', LmdbSessionStore),
  adapter(ConsentStore, 'consents', LmdbConsentStore),
  adapter(RateLimitStore, 'rate_limits', LmdbRateLimitStore),
  { provide: AuditStore, inject: [LmdbDatabase, StoreCalls], useFactory: dividedTrail },
  adapter(StoreInspector, 'inspector', LmdbStoreInspector),
];

/** The embedded store, in the directory that `DATA_DIR` names. */
export function lmdbStorage(): Storage {
  const database: Provider = { provide: LmdbDatabase, inject: [CONFIG, Clock, LOGGER], useFactory: openEmbedded };
  return { database: LmdbDatabase, imports: [], providers: [database, ...adapters, CloseLmdb] };
}

function adapter<Port extends object>(
  provide: Abstract<Port>,
  name: string,
  Adapter: new (database: LmdbDatabase) => Port,
): Provider {
  const useFactory = (database: LmdbDatabase, calls: StoreCalls) => observed(name, new Adapter(database), calls);
  return { provide, inject: [LmdbDatabase, StoreCalls], useFactory };
}

/** Of what accounts have. */
function ofAccounts<Port extends object>(
  provide: Abstract<Port>,
  name: string,
  Adapter: new (database: LmdbDatabase) => Port,
): Provider {
  const useFactory = (database: LmdbDatabase, calls: StoreCalls, config: Config) =>
    withoutDemoAccounts(config, observed(name, new Adapter(database), calls));
  return { provide, inject: [LmdbDatabase, StoreCalls, CONFIG], useFactory };
}

function cachedClients(database: LmdbDatabase, calls: StoreCalls, clock: Clock, { production }: Config): ClientStore {
  return new CachedClientStore(observed('clients', new LmdbClientStore(database, production), calls), clock);
}

function dividedTrail(database: LmdbDatabase, calls: StoreCalls): AuditStore {
  return new DividedAuditStore(
    observed('audit_events', new LmdbAuditSpace(database, 'audit'), calls),
    observed('audit_security_events', new LmdbAuditSpace(database, 'audit_security'), calls),
  );
}

function users(database: LmdbDatabase, calls: StoreCalls, { production }: Config): UserStore {
  return observed('users', new LmdbUserStore(database, production), calls);
}

function cachedApis(database: LmdbDatabase, calls: StoreCalls, clock: Clock): ApiStore {
  return new CachedApiStore(observed('apis', new LmdbApiStore(database), calls), clock);
}

/** Throws: {@link ConfigError} when the files cannot be opened there, or are of the other environment, of another form, or not private. */
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

class CloseLmdb implements OnApplicationShutdown {
  constructor(@Inject(LmdbDatabase) private readonly database: LmdbDatabase) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
