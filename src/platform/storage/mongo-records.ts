import { setTimeout as delay } from 'node:timers/promises';
import type { ModelDefinition } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import type * as z from 'zod';
import { shapeOf } from './codec';
import { lookAgain } from './look-again';
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

/** The records as {@link MongoRecords} stores them. `shown`: as for {@link MongoCollection}. */
export function namedRecords<Value extends object>(connection: Connection, type: RecordType<Value>, shown?: Filter) {
  return new MongoCollection(connection, type, (value) => ({ names: namesIn(type, value) }), shown);
}

/** A change is a read, and a replacement of exactly what was read; so is a removal with a check. */
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
    this.records = namedRecords(connection, type, this.shown);
    const absent = Object.keys(shapeOf(type.schema)).map((name) => [name, { $exists: false }]);
    this.absent = Object.fromEntries(absent) as Filter;
  }

  async find(ref: RecordRef): Promise<Value | undefined> {
    if (ref.name === undefined) return this.records.get(ref.key);
    return this.records.find({ ...this.filter(ref), ...this.shown });
  }

  async findSuccessor(key: string): Promise<Value | undefined> {
    return lookAgain(() => this.find({ key }));
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
    return this.writing(ref, async (value, unchanged) => {
      const changed = change(value);
      if (changed === undefined) return { result: undefined };
      return (await this.replaces(unchanged, changed)) ? { result: changed } : undefined;
    });
  }

  async remove(ref: RecordRef, check?: (value: Value) => void): Promise<boolean> {
    if (check === undefined) return this.records.remove(this.filter(ref));
    const removed = await this.writing(ref, async (value, unchanged) => {
      check(value);
      return (await this.records.remove(unchanged)) ? { result: true } : undefined;
    });
    return removed ?? false;
  }

  async removeNamed(name: string): Promise<void> {
    await this.records.removeAll(equal({ names: name }));
  }

  /**
   * The result of `write`, which gets the record and a filter for exactly that; undefined when there is none. When `write` returns
   * undefined, another write came first, and the record is read again.
   */
  private async writing<Result>(
    ref: RecordRef,
    write: (value: Value, unchanged: Filter) => Promise<{ readonly result: Result } | undefined>,
  ): Promise<Result | undefined> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await delay(Math.random() * longestPauseMs);
      const found = await withStoreErrors(() => this.records.raw.findOne({ ...this.filter(ref), ...this.shown }));
      const value = this.records.decode(found);
      if (found === null || value === undefined) return undefined;
      const written = await write(value, { ...this.absent, ...equal(found) });
      if (written !== undefined) return written.result;
    }
    throw new StoreUnavailableError('the record is changed by others again and again');
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
