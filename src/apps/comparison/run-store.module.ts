import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { Config } from '../../platform/config';
import { LmdbDatabase } from '../../platform/storage/lmdb-database';
import { LmdbRunStore } from './lmdb-run-store';
import { RunStore } from './run-store';

const lmdb: Provider = {
  provide: RunStore,
  inject: [LmdbDatabase],
  useFactory: (database: LmdbDatabase) => new LmdbRunStore(database),
};

/** Binds the store of runs as the storage module binds the others, which must not know of the comparison. */
@Module({})
export class RunStoreModule {
  static async register({ mongodbUri }: Config): Promise<DynamicModule> {
    const binding = mongodbUri === undefined ? { providers: [lmdb] } : await mongodb();
    return { module: RunStoreModule, ...binding, exports: [RunStore] };
  }
}

// Imported here, so that the embedded store's process does not load mongoose.
async function mongodb(): Promise<Pick<DynamicModule, 'imports' | 'providers'>> {
  const { MongoRunStore, mongoRunModels } = await import('./mongo-run-store.ts');
  return { imports: [mongoRunModels()], providers: [{ provide: RunStore, useClass: MongoRunStore }] };
}
