import { mongo } from 'mongoose';
import { newSecret } from '../src/domain/credentials/secret';

const copiedAtMost = 1_000;

/** The URI with another database in it. Source: MongoDB, Connection Strings. */
export function withDatabase(uri: string, name: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${name}`);
}

/** The records of a collection, so many times more: copies with ids of their own, which is faster than writing each. */
export async function multiply(uri: string, collection: string, times: number): Promise<void> {
  const client = await new mongo.MongoClient(uri, { writeConcern: { w: 'majority' } }).connect();
  const records = client.db().collection<{ _id: string; expiresAt: Date }>(collection);
  const originals = await records.find().batchSize(copiedAtMost).limit(copiedAtMost).toArray();
  for (let copy = 1; copy <= times; copy += 1) {
    const copies = originals.map((record) => ({
      ...record,
      _id: newSecret(),
      expiresAt: new Date(record.expiresAt.getTime() + copy),
    }));
    await records.insertMany(copies, { ordered: false });
  }
  await client.close();
}

/** Removes the database that the URI names. */
export async function dropDatabase(uri: string): Promise<void> {
  const client = await new mongo.MongoClient(uri).connect();
  await client.db().dropDatabase();
  await client.close();
}
