import { type Connection, type mongo, Schema } from 'mongoose';
import type { ModelDefinition } from '@nestjs/mongoose';
import type * as z from 'zod';
import { isExpiring, MalformedRecordError } from './codec';
import { answered, isDuplicateKey } from './mongo-answered';
import { documentCoder } from './mongo-codec';
import { keyIn, type RecordType } from './record-schema';

/** A record as it is stored: what its schema says, and what its adapter derives from it. */
export type Stored = mongo.Document & { readonly _id: string };
export type Filter = mongo.Filter<Stored>;
/** Operators with what they are for. */
export type Update = Readonly<Record<string, object>>;
export type Index = readonly [keys: Record<string, 1 | -1>, options?: mongo.CreateIndexesOptions];

/** With these values; in $eq, so that none is read as an operator. */
export function equal(fields: Readonly<Record<string, unknown>>): Filter {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { $eq: value }])) as Filter;
}

/** What mongoose is told of a type: its indexes. A record with `expiresAt` is removed so many seconds after it. */
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

/** The driver's own. */
export function rawCollection(connection: Connection, name: string): mongo.Collection<Stored> {
  return connection.collection(name) as unknown as mongo.Collection<Stored>;
}

/**
 * The records of one type in MongoDB, by the driver: no document is built around a record that is only read or written whole. One
 * that does not fit its schema is not there. `derived`: fields that are stored besides, for indexes and conditions.
 */
export class MongoCollection<Value extends object> {
  readonly raw: mongo.Collection<Stored>;
  private readonly coder: ReturnType<typeof documentCoder<Value>>;

  constructor(
    connection: Connection,
    private readonly type: RecordType<Value>,
    private readonly derived: (value: Value) => object = () => ({}),
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

  /** False when a record with its key is there. */
  async insert(value: Value): Promise<boolean> {
    try {
      await answered(() => this.raw.insertOne(this.encode(value), { ignoreUndefined: true }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async find(filter: Filter): Promise<Value | undefined> {
    return this.decode(await answered(() => this.raw.findOne(filter)));
  }

  async has(filter: Filter): Promise<boolean> {
    return (await answered(() => this.raw.findOne(filter, { projection: { _id: 1 } }))) !== null;
  }

  /** In one answer, where there is a limit. */
  async list(filter: Filter, options: mongo.FindOptions = {}): Promise<Value[]> {
    return (await this.documents(filter, options)).flatMap((stored) => this.decode(stored) ?? []);
  }

  async documents(filter: Filter, options: mongo.FindOptions): Promise<Stored[]> {
    const { limit } = options;
    const found = { ...options, ...(limit !== undefined && { batchSize: limit }) };
    return (await answered(() => this.raw.find(filter, found).toArray())) as Stored[];
  }

  /** Whether there was such a record, and it has changed. */
  async update(filter: Filter, change: Update): Promise<boolean> {
    return (await answered(() => this.raw.updateOne(filter, { ...change }))).modifiedCount === 1;
  }

  async updateAll(filter: Filter, change: Update): Promise<void> {
    await answered(() => this.raw.updateMany(filter, { ...change }));
  }

  async remove(filter: Filter): Promise<void> {
    await answered(() => this.raw.deleteOne(filter));
  }

  async removeAll(filter: Filter): Promise<void> {
    await answered(() => this.raw.deleteMany(filter));
  }

  /** A key that may change is no `_id`. */
  get keyField(): '_id' | 'key' {
    return this.type.isKeyChanging === true ? 'key' : '_id';
  }
}
