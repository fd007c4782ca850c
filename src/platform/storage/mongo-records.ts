import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ModelDefinition } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import type * as z from 'zod';
import { answered, answeredInTurn, isDuplicateKey, upserted } from './mongo-answered';
import { equal, type Filter, MongoCollection, mongoModel, type Stored } from './mongo-collection';
import { keyIn, type RecordType } from './record-schema';
import { demoName, KeyTakenError, namesIn, Records, type RecordsOptions, type Sought } from './records';
import { StoreUnavailableError } from './store-unavailable.error';

const attempts = 30;
const longestPauseMs = 10;
/** All of them in one answer, as many as there will be. */
const batchSize = 1_000;

/** What mongoose is told of the types whose records are kept so. */
export function mongoRecordsModel(
  type: Pick<RecordType<never>, 'name' | 'isKeyChanging'> & { readonly schema: z.core.$ZodType },
): ModelDefinition {
  const key = type.isKeyChanging === true ? [[{ key: 1 }, { unique: true }] as const] : [];
  return mongoModel(type, [[{ names: 1 }], ...key]);
}

/** A change is a read and a conditional replacement: each write gives a record another revision. */
export class MongoRecords<Value extends object> extends Records<Value> {
  private readonly records: MongoCollection<Value>;
  private readonly shown: object;

  constructor(
    connection: Connection,
    private readonly type: RecordType<Value>,
    { hidesDemo = false }: RecordsOptions = {},
  ) {
    super();
    const derived = (value: Value) => ({ names: namesIn(type, value), revision: randomUUID() });
    this.records = new MongoCollection(connection, type, derived);
    this.shown = hidesDemo ? { demo: { $ne: true } } : {};
  }

  async find(sought: Sought): Promise<Value | undefined> {
    return this.records.find({ ...this.filter(sought), ...this.shown });
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

  async listNamed(name: string, limit: number): Promise<Value[]> {
    return this.records.list({ ...equal({ names: name }), ...this.shown }, { limit });
  }

  async add(value: Value): Promise<boolean> {
    return answeredInTurn(() => this.records.insert(value));
  }

  async save(value: Value): Promise<void> {
    const filter = this.filter({ key: keyIn(this.type, value) });
    await upserted(() => this.records.raw.replaceOne(filter, this.replacement(value), replaced));
  }

  async change(sought: Sought, change: (value: Value) => Value): Promise<Value | undefined> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await delay(Math.random() * longestPauseMs);
      const found = await answered(() => this.records.raw.findOne({ ...this.filter(sought), ...this.shown }));
      const value = this.records.decode(found);
      if (found === null || value === undefined) return undefined;
      const changed = change(value);
      const unchanged = equal({ _id: found._id, revision: found['revision'] });
      if (await this.replaces(unchanged, changed)) return changed;
    }
    throw new StoreUnavailableError('the record is changed by others again and again');
  }

  async remove(sought: Sought): Promise<void> {
    await this.records.remove(this.filter(sought));
  }

  async removeNamed(name: string): Promise<void> {
    await this.records.removeAll(equal({ names: name }));
  }

  private async replaces(unchanged: Filter, value: Value): Promise<boolean> {
    try {
      const options = { ignoreUndefined: true };
      const { matchedCount } = await answered(() =>
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

  private filter(sought: Sought): Filter {
    return sought.name === undefined ? equal({ [this.keyField]: sought.key }) : equal({ names: sought.name });
  }

  private get keyField(): '_id' | 'key' {
    return this.records.keyField;
  }
}

const replaced = { upsert: true, ignoreUndefined: true } as const;
