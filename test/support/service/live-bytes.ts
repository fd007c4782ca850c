import { join } from 'node:path';
import { open } from 'lmdb';
import { createConnection, mongo } from 'mongoose';
import { AuditTrail } from '../../../src/operations/audit/audit-trail';
import type { TestService } from './service';

/** What is there before anybody logs in, and what counts by itself. */
const notOfLogins = new Set([
  'clients',
  'users',
  'signing_keys',
  'keys',
  'meta',
  'rate_limits',
  'audit_events',
  'audit_ledger',
  'audit_progress',
  'audit_seals',
  'audit_security_events',
  'audit_security_progress',
  'index',
  'expiry',
]);
const auditEvents = new Set(['audit_events', 'audit_security_events']);
/** Of LMDB, with entries of all tables. */
const shared = new Set(['index', 'expiry']);
/** How long a key of LMDB's ordered-binary encoding is beyond its text, for each part. */
const keyPartBytes = 2;
const onePage = { sort: { _id: 1 }, limit: 100 } as const;

/**
 * The bytes of all records that logins have left in the store, with their keys and, on LMDB, with what the table of expiry
 * and the index hold of them. Pages and MongoDB's own indexes are not in it.
 */
export async function liveBytes({ config }: Pick<TestService, 'config'>): Promise<number> {
  return bytesOf(config, (name) => !notOfLogins.has(name));
}

/** The bytes of all events of the audit trail, in the same way, when those that happened until now have been written. */
export async function auditBytes({ app, config }: Pick<TestService, 'app' | 'config'>): Promise<number> {
  await app.get(AuditTrail).flush();
  return bytesOf(config, (name) => auditEvents.has(name));
}

async function bytesOf({ mongodbUri, dataDir }: TestService['config'], isMeant: IsMeant): Promise<number> {
  return mongodbUri === undefined ? bytesInLmdb(dataDir, isMeant) : bytesInMongo(mongodbUri, isMeant);
}

type IsMeant = (name: string) => boolean;

function bytesInLmdb(directory: string, isMeant: IsMeant): number {
  const root = open({ path: join(directory, 'lmdb'), maxDbs: 32, readOnly: true });
  const tables = [...root.getKeys()].map(String);
  return tables
    .filter((name) => shared.has(name) || isMeant(name))
    .flatMap((name) => [...root.openDB<Buffer, string>({ name, encoding: 'binary' }).getRange()])
    .filter(({ key }) => !Array.isArray(key) || isOfTable(key, tables, isMeant))
    .reduce((sum, { key, value }) => sum + keyBytes(key) + value.length, 0);
}

/** Of an entry of the index or of the expiry, which names its table. */
function isOfTable(key: readonly unknown[], tables: readonly string[], isMeant: IsMeant): boolean {
  return key.every((part) => !tables.includes(String(part)) || isMeant(String(part)));
}

function keyBytes(key: unknown): number {
  return [key].flat().reduce<number>((sum, part) => sum + partBytes(part) + keyPartBytes, 0);
}

/** Numbers are eight bytes. */
function partBytes(part: unknown): number {
  return typeof part === 'number' ? 8 : Buffer.byteLength(String(part));
}

async function bytesInMongo(uri: string, isMeant: IsMeant): Promise<number> {
  const records = await mongoRecords(uri, isMeant);
  return records.reduce<number>((sum, record) => sum + mongo.BSON.calculateObjectSize(record), 0);
}

/** Every record of the collections whose names are wanted. */
export async function mongoRecords(uri: string, isWanted: (name: string) => boolean): Promise<object[]> {
  const connection = await createConnection(uri).asPromise();
  const names = (await connection.listCollections()).map(({ name }) => name).filter(isWanted);
  const records: object[] = [];
  for (const name of names) for await (const page of pagesOf(connection.collection(name))) records.push(...page);
  await connection.close();
  return records;
}

/** Each is one answer of the server, which need not keep a cursor for it. */
async function* pagesOf(collection: mongo.Collection): AsyncGenerator<mongo.WithId<mongo.Document>[]> {
  for (let last: mongo.ObjectId | undefined; ;) {
    const page = await collection.find(last === undefined ? {} : { _id: { $gt: last } }, onePage).toArray();
    last = page.at(-1)?._id;
    if (last === undefined) return;
    yield page;
  }
}
