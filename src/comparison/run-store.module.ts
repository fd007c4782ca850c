import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { Config } from '../config';
import { LmdbDatabase } from '../storage/lmdb-database';
import { LmdbRunStore } from './lmdb-run-store';
import { MongoRunStore, mongoRunModels } from './mongo-run-store';
import { RunStore } from './run-store';

const lmdb: Provider = {
  provide: RunStore,
  inject: [LmdbDatabase],
  useFactory: (database: LmdbDatabase) => new LmdbRunStore(database),
};
const mongo: Provider = { provide: RunStore, useClass: MongoRunStore };

/** Binds the store of runs as the storage module binds the others, which must not know of the comparison. */
@Module({})
export class RunStoreModule {
  static register({ mongodbUri }: Config): DynamicModule {
    return {
      module: RunStoreModule,
      imports: mongodbUri === undefined ? [] : [mongoRunModels()],
      providers: [mongodbUri === undefined ? lmdb : mongo],
      exports: [RunStore],
    };
  }
}
