import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ApiStore } from './apis/api-store';
import { AuditStore } from './audit/audit-store';
import { ChallengeStore } from './challenges/challenge-store';
import { FormerRecords } from './challenges/former-records';
import { GrantStore } from './challenges/grant-store';
import { ClientStore } from './clients/client-store';
import type { Config } from './config';
import { RateLimitStore } from './http/rate-limit-store';
import { UserStore } from './identity/user-store';
import { ConsentStore } from './login/consent-store';
import { SessionStore } from './login/session-store';
import type { Storage } from './storage/storage';
import { StoreCalls } from './storage/store-calls';
import { StoreInspector } from './storage/store-inspector';
import { SigningKeyStore } from './tokens/signing-key-store';

/** Every port of the service. */
const ports = [
  ChallengeStore,
  GrantStore,
  FormerRecords,
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
