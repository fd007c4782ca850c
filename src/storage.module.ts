import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ApiStore } from './domain/apis/api-store';
import { AuditStore } from './operations/audit/audit-store';
import { ChallengeStore } from './domain/challenges/challenge-store';
import { GrantStore } from './domain/challenges/grant-store';
import { ClientStore } from './domain/clients/client-store';
import type { Config } from './platform/config';
import { RateLimitStore } from './platform/http/rate-limit-store';
import { UserStore } from './domain/identity/user-store';
import { ConsentStore } from './protocols/login/consent-store';
import { SessionStore } from './protocols/login/session-store';
import type { Storage } from './platform/storage/storage';
import { StoreCalls } from './platform/storage/store-calls';
import { StoreInspector } from './platform/storage/store-inspector';
import { SigningKeyStore } from './domain/tokens/signing-key-store';

/** Every port of the service. */
const ports = [
  ChallengeStore,
  GrantStore,
  SigningKeyStore,
  ClientStore,
  ApiStore,
  UserStore,
  SessionStore,
  ConsentStore,
  RateLimitStore,
  AuditStore,
  StoreInspector,
];

/** Binds every port to MongoDB where `MONGODB_URI` is set, otherwise to the embedded store. */
@Global()
@Module({})
export class StorageModule {
  static async register({ mongodbUri }: Config): Promise<DynamicModule> {
    const { database, imports, providers } = await (mongodbUri === undefined ? embedded() : mongodb(mongodbUri));
    return {
      module: StorageModule,
      imports,
      providers: [StoreCalls, ...providers],
      exports: [database, StoreCalls, ...ports],
    };
  }
}

// Imported here, so that a process loads the one that it uses: mongoose is a sixth of the time that a start takes.
async function embedded(): Promise<Storage> {
  const { lmdbStorage } = await import('./lmdb-storage.ts');
  return lmdbStorage();
}

async function mongodb(uri: string): Promise<Storage> {
  const { mongoStorage } = await import('./mongo-storage.ts');
  return mongoStorage(uri);
}
