import { createConnection } from 'mongoose';
import type { Client } from '../../src/domain/clients/client';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import type { StoreName, TestStore } from './stores';

interface FormerRecords {
  readonly clients: readonly Client[];
  readonly users: readonly FormerUser[];
}

interface FormerUser {
  readonly id?: string;
  readonly username: string;
  readonly passwordHash?: string;
  readonly demo: boolean;
}

/** Writes clients and users as version 0.1 did: without an index. */
export async function saveAsBefore({ env }: TestStore, name: StoreName, { clients, users }: FormerRecords) {
  if (name === 'lmdb') {
    const database = new LmdbDatabase(env['DATA_DIR'] ?? '', Date.now);
    const [clientTable, userTable] = [database.table('clients'), database.table('users')];
    await database.write(() => {
      for (const client of clients) clientTable.put(client.clientId, client);
      for (const user of users) userTable.put(user.username, user);
    });
    await database.close();
    return;
  }
  const connection = await createConnection(env['MONGODB_URI'] ?? '').asPromise();
  const collection = (named: string) => connection.collection<{ _id: string }>(named);
  const records = {
    clients: clients.map(({ clientId, ...fields }) => ({ _id: clientId, ...fields })),
    users: users.map(({ id, username, ...fields }) => ({ _id: username, subject: id, ...fields })),
  };
  for (const [named, all] of Object.entries(records)) if (all.length > 0) await collection(named).insertMany(all);
  await connection.close();
}

/** Indexes those clients by the origins of their redirect URIs, each with its own port, as the version before did. */
export async function indexAsBefore({ env }: TestStore, name: StoreName, clients: readonly Client[]): Promise<void> {
  if (name === 'lmdb') {
    const database = new LmdbDatabase(env['DATA_DIR'] ?? '', Date.now);
    await database.completeIndex(database.table<Client>('clients', originsOf));
    await database.close();
    return;
  }
  const connection = await createConnection(env['MONGODB_URI'] ?? '').asPromise();
  for (const client of clients) {
    const predicate: object = { _id: client.clientId };
    await connection.collection('clients').updateOne(predicate, { $set: { origins: originsOf(client) } });
  }
  await connection.close();
}

function originsOf({ redirectUris }: Client): string[] {
  return redirectUris.map((uri) => new URL(uri).origin);
}
