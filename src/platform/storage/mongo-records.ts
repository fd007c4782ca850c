import { setTimeout as delay } from 'node:timers/promises';
import type { ModelDefinition } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import type * as z from 'zod';
import { shapeOf } from './codec';
import { withStoreErrors, retryingConflicts, isDuplicateKey, retryingUpsert } from './mongo-operation';
import { equal, type Filter, MongoCollection, mongoModel, type Stored } from './mongo-collection';
import { keyIn, type RecordType } from './record-schema';
import { demoName, KeyTakenError, namesIn, Records, type RecordsOptions, type RecordRef } from './records';
import { StoreUnavailableError } from './store-unavailable.error';

const attempts = 30;
const longestPauseMs = 10;
/** More than any result has: one batch. */
const batchSize = 1_000;

/** The mongoose models of these types, for their indexes. */
export function mongoRecordsModel(
  type: Pick<RecordType<never>, 'name' | 'isKeyChanging'> & { readonly schema: z.core.$ZodType },
): ModelDefinition {
  const key = type.isKeyChanging === true ? [[{ key: 1 }, { unique: true }] as const] : [];
  return mongoModel(type, [[{ names: 1, _id: 1 }], ...key]);
}

/** A change is a read, and a replacement of exactly what was read. */
export class MongoRecords<Value extends object> extends Records<Value> {
  private readonly records: MongoCollection<Value>;
  private readonly shown: Filter;
  /** Matches a record without any of its fields. */
  private readonly absent: Filter;

  constructor(
    connection: Connection,
    private readonly type: RecordType<Value>,
    { hidesDemo = false }: RecordsOptions = {},
  ) {
    super();
    this.shown = hidesDemo ? { demo: { $ne: true } } : {};
    this.records = new MongoCollection(connection, type, (value) => ({ names: namesIn(type, value) }), this.shown);
    const absent = Object.keys(shapeOf(type.schema)).map((name) => [name, { $exists: false }]);
    this.absent = Object.fromEntries(absent) as Filter;
  }

  async find(ref: RecordRef): Promise<Value | undefined> {
    if (ref.name === undefined) return this.records.get(ref.key);
    return this.records.find({ ...this.filter(ref), ...this.shown });
  }

  async has(name: string): Promise<boolean> {
    return this.records.has({ ...equal({ names: name }), ...this.shown });
  }

  async hasDemo(): Promise<boolean> {
    return this.records.has(equal({ names: demoName }));
  }

  async list(prefix = ''): Promise<Value[]> {
    const keys = prefix === '' ? {} : { [this.keyField]: { $gte: prefix, $lte: `${prefix}\u{10ffff}` } };
    return this.records.list({ ...keys, ...this.shown }, { sort: { [this.keyField]: 1 }, batchSize });
  }

  async page(limit: number, after = ''): Promise<Value[]> {
    const next = { [this.keyField]: { $gt: after }, ...this.shown };
    return this.records.list(next as Filter, { sort: { [this.keyField]: 1 }, limit });
  }

  async listNamed(name: string, limit: number, after = ''): Promise<Value[]> {
    const next = { ...equal({ names: name }), [this.keyField]: { $gt: after }, ...this.shown };
    return this.records.list(next as Filter, { sort: { [this.keyField]: 1 }, limit });
  }

  async add(value: Value): Promise<boolean> {
    return retryingConflicts(() => this.records.insert(value));
  }

  async save(value: Value): Promise<void> {
    const filter = this.filter({ key: keyIn(this.type, value) });
    await retryingUpsert(() => this.records.raw.replaceOne(filter, this.replacement(value), replaced));
  }

  async change(ref: RecordRef, change: (value: Value) => Value | undefined): Promise<Value | undefined> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await delay(Math.random() * longestPauseMs);
      const found = await withStoreErrors(() => this.records.raw.findOne({ ...this.filter(ref), ...this.shown }));
      const value = this.records.decode(found);
      const changed = value && change(value);
      if (found === null || changed === undefined) return undefined;
      if (await this.replaces({ ...this.absent, ...equal(found) }, changed)) return changed;
    }
    throw new StoreUnavailableError('the record is changed by others again and again');
  }

  async remove(ref: RecordRef): Promise<void> {
    await this.records.remove(this.filter(ref));
  }

  async removeNamed(name: string): Promise<void> {
    await this.records.removeAll(equal({ names: name }));
  }

  private async replaces(unchanged: Filter, value: Value): Promise<boolean> {
    try {
      const options = { ignoreUndefined: true };
      const { matchedCount } = await withStoreErrors(() =>
        this.records.raw.replaceOne(unchanged, this.replacement(value), options),
      );
      return matchedCount === 1;
    } catch (error) {
      throw isDuplicateKey(error) ? new KeyTakenError() : error;
    }
  }

  private replacement(value: Value): Omit<Stored, '_id'> {
    const { _id, ...fields } = this.records.encode(value);
    return fields;
  }

  private filter(ref: RecordRef): Filter {
    return ref.name === undefined ? equal({ [this.keyField]: ref.key }) : equal({ names: ref.name });
  }

  private get keyField(): '_id' | 'key' {
    return this.records.keyField;
  }
}

const replaced = { upsert: true, ignoreUndefined: true } as const;
