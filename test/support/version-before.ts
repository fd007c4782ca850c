import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import { createConnection } from 'mongoose';
import type { FormerLogins, FormerStore, FormerTables } from './former-store';
import type { StoreName, TestStore } from './stores';

/** The end-user of its logins by password. */
export const subject = 'subject-of-user0';

/** Of the clients `spa` and `dapp`; `cookies`: of a browser that `subject` has logged in with, and of one by wallet. */
export type BeforeLogins = Omit<FormerLogins, 'replayedWallet' | 'inDoubt'>;

/** An index of MongoDB. */
interface ServerIndex {
  readonly collection: string;
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly expireAfterSeconds?: number;
  readonly unique?: boolean;
  readonly sparse?: boolean;
}

/** A production store as the version before left it, of commit 89b71cf. */
export interface StoreBefore extends Omit<FormerStore, 'logins'> {
  readonly logins: BeforeLogins;
  /** On LMDB the keys of its index, on MongoDB the indexes of the server. */
  readonly index: readonly unknown[];
}

/** What that version left in a store of this kind, as if it had ended now; written by write-version-before.ts. */
export function storeBefore(name: StoreName): StoreBefore {
  const file = readFileSync(join(__dirname, 'version-before.json'), 'utf8');
  const before = (JSON.parse(file) as Record<StoreName, StoreBefore>)[name];
  const later = Date.now() - before.takenAt;
  return { ...before, takenAt: before.takenAt + later, tables: mapTimes(before.tables, (time) => time + later) };
}

/** Writes the store as that version did, its index as well. */
export async function restoreBefore(name: StoreName, { env }: Pick<TestStore, 'env'>, before: StoreBefore) {
  if (name === 'lmdb') await toLmdb(env['DATA_DIR'] ?? '', before);
  else await toMongo(env['MONGODB_URI'] ?? '', before);
}

/** The shapes that its records were stored by. */
const shapes = [
  'kind id clientId redirectUri codeChallenge scope authentication createdAt expiresAt',
  'kind id clientId redirectUri codeChallenge scope oidcNonce authentication createdAt expiresAt',
  'kind id wallet chainId clientId message scope createdAt expiresAt',
  'sub amr authTime',
  'sub amr authTime chainId',
  'id model clientId scope authentication proof createdAt expiresAt',
  'id model clientId scope authentication proof createdAt expiresAt refresh',
  'codeChallenge',
  'wallet chainId messageHash signatureHash',
  'family current expiresAt',
  'family current expiresAt previous successor rotatedAt',
  'id secretHash authentication createdAt expiresAt',
].map((fields) => fields.split(' '));

/** How that version opened a table. */
export function tableBefore(name: string) {
  const structures = shapes.map((shape) => [...shape]);
  return { name, encoder: { structures, maxSharedStructures: structures.length } };
}

async function toLmdb(directory: string, { tables, index }: StoreBefore): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const root = open({ path: join(directory, 'lmdb'), maxDbs: 32, overlappingSync: false });
  const expiry: Database<boolean, [number, string, string]> = root.openDB({ name: 'expiry' });
  const indexed: Database<boolean, string[]> = root.openDB({ name: 'index' });
  for (const [name, records] of Object.entries(tables)) {
    const table: Database<object, string> = root.openDB(tableBefore(name));
    for (const { key, value } of records) {
      await table.put(key, value);
      const { expiresAt } = value;
      if (typeof expiresAt === 'number') await expiry.put([expiresAt, name, key], true);
    }
  }
  for (const key of index) await indexed.put(key as string[], true);
  await root.close();
}

async function toMongo(uri: string, { tables, index }: StoreBefore): Promise<void> {
  const connection = await createConnection(uri).asPromise();
  for (const { collection, key, ...options } of index as readonly ServerIndex[]) {
    await connection.collection(collection).createIndex(key, options);
  }
  for (const [name, records] of Object.entries(mapTimes(tables, (time) => new Date(time)))) {
    const documents = records.map(({ key, value }) => ({ ...value, _id: key as never }));
    if (documents.length > 0) await connection.collection(name).insertMany(documents);
  }
  await connection.close();
}

const times = new Set(['createdAt', 'expiresAt', 'rotatedAt', 'revokedAt', 'endedAt', 'signsFrom', 'deadline']);

/** The tables with other times in their records. */
function mapTimes(tables: FormerTables, change: (time: number) => number | Date): FormerTables {
  return mapped(tables, '') as FormerTables;

  function mapped(value: unknown, name: string): unknown {
    if (times.has(name) && typeof value === 'number') return change(value);
    if (Array.isArray(value)) return value.map((each) => mapped(each, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, mapped(each, field)]));
  }
}
