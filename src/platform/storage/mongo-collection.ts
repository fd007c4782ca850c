import { type Connection, type mongo, Schema } from 'mongoose';
import type { ModelDefinition } from '@nestjs/mongoose';
import type * as z from 'zod';
import { Batch } from './batch';
import { isExpiring, MalformedRecordError } from './codec';
import { withStoreErrors, isDuplicateKey, writeErrorsOf } from './mongo-operation';
import { documentCoder } from './mongo-codec';
import { keyIn, type RecordType } from './record-schema';

/** A stored document: the fields of the schema, and those that the adapter derives. */
export type Stored = mongo.Document & { readonly _id: string };
export type Filter = mongo.Filter<Stored>;
/** Update operators with their arguments. */
export type Update = Readonly<Record<string, object>>;
export type Index = readonly [keys: Record<string, 1 | -1>, options?: mongo.CreateIndexesOptions];

/** Matches these values; by $eq, so that none is read as an operator. */
export function equal(fields: Readonly<Record<string, unknown>>): Filter {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { $eq: value }])) as Filter;
}

/** The mongoose model, for its indexes only. Records with `expiresAt` are removed this many seconds after it. */
export function mongoModel(
  { name, schema }: { readonly name: string; readonly schema: z.core.$ZodType },
  indexes: readonly Index[] = [],
  expiredKept = 0,
): ModelDefinition {
  const model = new Schema({ _id: String }, { collection: name, versionKey: false });
  if (isExpiring(schema)) model.index({ expiresAt: 1 }, { expireAfterSeconds: expiredKept });
  for (const [keys, options] of indexes) model.index(keys, options);
  return { name, schema: model };
}

/** The driver's own collection. */
export function rawCollection(connection: Connection, name: string): mongo.Collection<Stored> {
  return connection.collection(name) as unknown as mongo.Collection<Stored>;
}

/**
 * The records of one type in MongoDB, through the driver, without mongoose documents. A record that does not fit its schema
 * counts as absent. `derived`: additional stored fields, for indexes and conditions; `shown`: what {@link MongoCollection.get}
 * finds.
 */
export class MongoCollection<Value extends object> {
  readonly raw: mongo.Collection<Stored>;
  private readonly coder: ReturnType<typeof documentCoder<Value>>;
  private readonly inserts = new Batch<Stored, boolean>((documents) => this.insertAll(documents));
  private readonly lookups = new Batch<string, Stored | null>((keys) => this.findAll(keys));

  constructor(
    connection: Connection,
    private readonly type: RecordType<Value>,
    private readonly derived: (value: Value) => object = () => ({}),
    private readonly shown: Filter = {},
  ) {
    this.raw = rawCollection(connection, type.name);
    this.coder = documentCoder(type);
  }

  encode(value: Value): Stored {
    const document = this.coder.encode(value);
    return Object.assign(document, { [this.keyField]: keyIn(this.type, value) }, this.derived(value)) as Stored;
  }

  decode(stored: object | null): Value | undefined {
    if (stored === null) return undefined;
    try {
      return this.coder.decode(stored);
    } catch (error) {
      if (error instanceof MalformedRecordError) return undefined;
      throw error;
    }
  }

  /** False when its key is taken. */
  insert(value: Value): Promise<boolean> {
    return this.inserts.ask(this.encode(value));
  }

  /** By its key. */
  async get(key: string): Promise<Value | undefined> {
    return this.decode(await this.document(key));
  }

  /** As {@link MongoCollection.get}, as stored. */
  document(key: string): Promise<Stored | null> {
    return this.lookups.ask(key);
  }

  async find(filter: Filter): Promise<Value | undefined> {
    return this.decode(await withStoreErrors(() => this.raw.findOne(filter)));
  }

  async has(filter: Filter): Promise<boolean> {
    return (await withStoreErrors(() => this.raw.findOne(filter, { projection: { _id: 1 } }))) !== null;
  }

  /** With a limit, in one batch. */
  async list(filter: Filter, options: mongo.FindOptions = {}): Promise<Value[]> {
    return (await this.documents(filter, options)).flatMap((stored) => this.decode(stored) ?? []);
  }

  async documents(filter: Filter, options: mongo.FindOptions): Promise<Stored[]> {
    const { limit } = options;
    const found = { ...options, ...(limit !== undefined && { batchSize: limit }) };
    return (await withStoreErrors(() => this.raw.find(filter, found).toArray())) as Stored[];
  }

  /** True when a record matched and changed. */
  async update(filter: Filter, change: Update): Promise<boolean> {
    return (await withStoreErrors(() => this.raw.updateOne(filter, { ...change }))).modifiedCount === 1;
  }

  async updateAll(filter: Filter, change: Update): Promise<void> {
    await withStoreErrors(() => this.raw.updateMany(filter, { ...change }));
  }

  /** True when a record matched and is gone. */
  async remove(filter: Filter): Promise<boolean> {
    return (await withStoreErrors(() => this.raw.deleteOne(filter))).deletedCount === 1;
  }

  async removeAll(filter: Filter): Promise<void> {
    await withStoreErrors(() => this.raw.deleteMany(filter));
  }

  private async insertAll(documents: readonly Stored[]): Promise<(boolean | Error)[]> {
    const [only] = documents;
    if (only !== undefined && documents.length === 1) return [await this.insertOne(only)];
    try {
      await withStoreErrors(() => this.raw.insertMany(documents, { ordered: false, ignoreUndefined: true }));
      return documents.map(() => true);
    } catch (error) {
      const failed = new Map(writeErrorsOf(error).map(({ index, code }) => [index, code]));
      if (failed.size === 0) throw error;
      const again = (document: Stored) => this.insertOne(document).catch((reason: Error) => reason);
      return Promise.all(
        documents.map((document, at) => !failed.has(at) || (failed.get(at) !== 11_000 && again(document))),
      );
    }
  }

  private async insertOne(document: Stored): Promise<boolean> {
    try {
      await withStoreErrors(() => this.raw.insertOne(document, { ignoreUndefined: true }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  private async findAll(keys: readonly string[]): Promise<(Stored | null)[]> {
    const filter = { [this.keyField]: { $in: [...keys] }, ...this.shown };
    if (keys.length === 1) return [await withStoreErrors(() => this.raw.findOne(filter))];
    const found = await this.documents(filter, { limit: keys.length });
    const byKey = new Map(found.map((stored) => [stored[this.keyField] as string, stored]));
    return keys.map((key) => byKey.get(key) ?? null);
  }

  /** A key that may change cannot be `_id`. */
  get keyField(): '_id' | 'key' {
    return this.type.isKeyChanging === true ? 'key' : '_id';
  }
}
