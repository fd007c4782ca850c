import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../../platform/config';
import { RecordDatabase } from '../../platform/storage/records';
import { RunStore, runStoreRecords } from './run-store';

/** Binds the store of runs here, because the storage module must not know of the comparison. */
@Module({})
export class RunStoreModule {
  static async register({ mongodbUri }: Config): Promise<DynamicModule> {
    return {
      module: RunStoreModule,
      imports: mongodbUri === undefined ? [] : [await mongoModels()],
      providers: [
        {
          provide: RunStore,
          inject: [RecordDatabase],
          useFactory: (database: RecordDatabase) => new RunStore(database),
        },
      ],
      exports: [RunStore],
    };
  }
}

// Imported here, so that a process with the embedded store does not load mongoose.
async function mongoModels(): Promise<DynamicModule> {
  const { MongooseModule } = await import('@nestjs/mongoose');
  const { mongoRecordsModel } = await import('../../platform/storage/mongo-records.ts');
  return MongooseModule.forFeature(runStoreRecords.map((type) => mongoRecordsModel(type)));
}
