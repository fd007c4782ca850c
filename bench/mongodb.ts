import { mongo } from 'mongoose';

/** The URI with another database in it. Source: MongoDB, Connection Strings. */
export function withDatabase(uri: string, name: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${name}`);
}

/** Removes the database that the URI names. */
export async function dropDatabase(uri: string): Promise<void> {
  const client = await new mongo.MongoClient(uri).connect();
  await client.db().dropDatabase();
  await client.close();
}
