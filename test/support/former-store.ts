import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, SignJWT } from 'jose';
import { type Connection, createConnection } from 'mongoose';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import { MongoDatabase } from '../../src/platform/storage/mongo-database';
import type { OpenStores } from './open-stores';
import type { IssuedCode } from './pkce-login';
import type { StoreName, TestStore } from './stores';

/** What a client of version 0.1 holds of a login. */
export interface FormerLogin {
  readonly code: IssuedCode;
  readonly accessTokens: readonly string[];
  /** The first one first. */
  readonly refreshTokens: readonly string[];
}

export interface FormerWalletLogin extends Omit<FormerLogin, 'code'> {
  readonly address: string;
  readonly nonce: string;
  readonly signature: string;
}

export interface FormerLogins {
  readonly liveCode: IssuedCode;
  /** Without `offline_access`. */
  readonly plain: FormerLogin;
  readonly offline: FormerLogin;
  readonly rotatedTwice: FormerLogin;
  /** Revoked by the reuse of its first refresh token. */
  readonly reused: FormerLogin;
  /** Revoked by the replay of its code. */
  readonly replayed: FormerLogin;
  readonly liveChallenge: { readonly address: string; readonly nonce: string; readonly signature: string };
  readonly wallet: FormerWalletLogin;
  readonly replayedWallet: FormerWalletLogin;
  /** Of a login by password, and of one by wallet. */
  readonly cookies: readonly string[];
  /** Redeemed by a server that was killed before it had removed them, and so never answered. */
  readonly inDoubt: {
    readonly code: IssuedCode;
    readonly wallet: { readonly nonce: string; readonly signature: string };
    readonly refreshToken: string;
  };
}

export interface FormerRecord {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export type FormerTables = Record<string, FormerRecord[]>;

/** A store as version 0.1 left it. */
export interface FormerStore {
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
  readonly issuer: string;
  readonly logins: FormerLogins;
  readonly tables: FormerTables;
}

/** What version 0.1 left in a store of this kind, as if it had ended now; written by write-former-store.ts. */
export function formerStore(name: StoreName): FormerStore {
  const file = readFileSync(join(__dirname, 'former-store.json'), 'utf8');
  const former = (JSON.parse(file) as Record<StoreName, FormerStore>)[name];
  const later = Date.now() - former.takenAt;
  const tables = Object.entries(former.tables).map(([table, records]) => [
    table,
    records.map(({ key, value }) => ({ key, value: moved(value, later) })),
  ]);
  return { ...former, takenAt: former.takenAt + later, tables: Object.fromEntries(tables) as FormerTables };
}

/** The records that make logins, `copies` times, each time of other logins; and once as they are. */
export function multiplied(tables: FormerTables, copies: number): FormerTables {
  const multiply = (name: string) =>
    (tables[name] ?? []).flatMap((record) => [
      record,
      ...Array.from({ length: copies }, (_, copy) => ({
        key: renamed(record.key, copy),
        value: {
          ...record.value,
          ...(record.value['id'] !== undefined && { id: renamed(String(record.value['id']), copy) }),
          ...(record.value['grantId'] !== undefined && { grantId: renamed(String(record.value['grantId']), copy) }),
        },
      })),
    ]);
  return { ...tables, ...Object.fromEntries(loginTables.map((name) => [name, multiply(name)])) };
}

/** How many records of version 0.1 there are that become grants, or parts of one. */
export function movableIn(tables: FormerTables): number {
  const { challenges = [], tombstones = [], revocations = [] } = tables;
  const refreshTokens = challenges.filter(({ value }) => value['kind'] === 'refresh_token');
  return refreshTokens.length + tombstones.length + revocations.length;
}

/** Writes the records, as that version did, beside what is there. */
export async function restore(name: StoreName, { env }: Pick<TestStore, 'env'>, tables: FormerTables): Promise<void> {
  if (name === 'lmdb') await restoreToLmdb(env['DATA_DIR'] ?? '', tables);
  else await restoreToMongo(env['MONGODB_URI'] ?? '', tables);
}

/** All grants and former ids that are in the store, in order, but for the time at which a revocation was moved. */
export async function grantsIn(stores: OpenStores, name: StoreName): Promise<object[]> {
  const records =
    name === 'lmdb'
      ? stores.get(LmdbDatabase).table<Record<string, unknown>>('grants').entriesFresh()
      : await mongoRecords(stores.get(MongoDatabase).connection);
  return records
    .map(({ key, value }) => ({ key, ...value, ...('revokedAt' in value && { revokedAt: 'then' }) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** The access token as that version would have issued it now, under this issuer, by the key that is in its store. */
export async function issuedNow(
  token: string,
  { takenAt, tables }: Pick<FormerStore, 'takenAt' | 'tables'>,
  issuer: string,
): Promise<string> {
  const { kid, alg = '', typ = '' } = decodeProtectedHeader(token);
  const key = tables['signing_keys']?.find(({ value }) => value['kid'] === kid);
  const claims = decodeJwt(token);
  const later = Math.floor(takenAt / 1000) - (claims.iat ?? 0);
  const times = { iat: (claims.iat ?? 0) + later, exp: (claims.exp ?? 0) + later };
  return new SignJWT({ ...claims, ...times, iss: issuer, aud: issuer })
    .setProtectedHeader({ alg, typ, ...(kid !== undefined && { kid }) })
    .sign(await importJWK(key?.value['privateJwk'] as JWK, alg));
}

const times = new Set(['createdAt', 'expiresAt', 'spentAt', 'signsFrom']);

const loginTables = ['challenges', 'tombstones', 'revocations'];

function renamed(id: string, copy: number): string {
  return id.slice(0, -5) + String(copy).padStart(5, '0');
}

function moved(value: FormerRecord['value'], later: number): FormerRecord['value'] {
  const fields = Object.entries(value).map(([name, field]) => [name, times.has(name) ? Number(field) + later : field]);
  return Object.fromEntries(fields) as FormerRecord['value'];
}

async function restoreToLmdb(directory: string, tables: FormerTables): Promise<void> {
  const database = new LmdbDatabase(directory, Date.now);
  for (const [name, records] of Object.entries(tables)) {
    const table = database.table<object>(name);
    await database.write(() => {
      for (const { key, value } of records) table.put(key, value);
    });
  }
  await database.close();
}

async function restoreToMongo(uri: string, tables: FormerTables): Promise<void> {
  const connection = await createConnection(uri).asPromise();
  for (const [name, records] of Object.entries(tables)) {
    const documents = records.map(({ key, value }) => ({ ...withDates(value), _id: key as never }));
    if (documents.length > 0) await connection.collection(name).insertMany(documents);
  }
  await connection.close();
}

async function mongoRecords(connection: Connection): Promise<FormerRecord[]> {
  const documents = await connection.collection('grants').find({}, { batchSize: 100_000 }).toArray();
  return documents.map(({ _id, ...value }) => ({ key: String(_id), value }));
}

function withDates(value: FormerRecord['value']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, times.has(name) ? new Date(Number(field)) : field]),
  );
}
