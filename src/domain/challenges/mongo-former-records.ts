import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection, mongo } from 'mongoose';
import { answered, isDuplicateKey } from '../../platform/storage/mongo-answered';
import {
  formerIdOf,
  FormerRecords,
  type FormerRefreshToken,
  type FormerTombstone,
  grantOfRefreshToken,
  grantOfTombstone,
  type HashMessage,
  loadHashMessage,
  proofOf,
  rotationOf,
  schemaVersion,
} from './former-records';
import { endedAt, type GrantRecord, toGrantRecord, toProofRecord } from './mongo-grant-store';

const atOnce = 50;

type Fields = mongo.Document & { _id: string };

/** Each record is written to its grant before it is removed, and every write can be repeated. */
@Injectable()
export class MongoFormerRecords extends FormerRecords {
  constructor(@InjectConnection() private readonly connection: Connection) {
    super();
  }

  async migrate(now: number): Promise<number> {
    const meta = this.collection('meta');
    const schema = await answered(() => meta.findOne({ _id: 'schema' }));
    if (schema !== null && Number(schema['version']) >= schemaVersion) return 0;
    const hashMessage = await loadHashMessage();
    const moved =
      (await this.each('challenges', { kind: 'refresh_token' }, (record) => this.moveToken(record))) +
      (await this.each('tombstones', {}, (record) => this.moveTombstone(record, hashMessage))) +
      (await this.each('revocations', {}, (record) => this.moveRevocation(record, now)));
    await answered(() => meta.updateOne({ _id: 'schema' }, { $set: { version: schemaVersion } }, { upsert: true }));
    return moved;
  }

  private collection(name: string) {
    return this.connection.collection<Fields>(name);
  }

  /** Moves record by record of a grant, the grants of a batch side by side. */
  private async each(name: string, filter: object, move: (record: Fields) => Promise<void>): Promise<number> {
    let moved = 0;
    for (;;) {
      const batch = await answered(() => this.collection(name).find(filter).limit(atOnce).toArray());
      if (batch.length === 0) return moved;
      const grants = new Set(batch.map(grantIdOf));
      await Promise.all(
        [...grants].map(async (grantId) => {
          for (const record of batch.filter((each) => grantIdOf(each) === grantId)) {
            await move(record);
            await answered(() => this.collection(name).deleteOne({ _id: record._id }));
          }
        }),
      );
      moved += batch.length;
    }
  }

  private async moveToken(record: Fields): Promise<void> {
    const { _id, createdAt, expiresAt, ...fields } = record;
    const token = {
      ...fields,
      id: _id,
      createdAt: (createdAt as Date).getTime(),
      expiresAt: (expiresAt as Date).getTime(),
    } as unknown as FormerRefreshToken;
    if (!(await this.insert(toGrantRecord(grantOfRefreshToken(token))))) {
      // Of two live tokens the one with a tombstone is the one that its client holds; see former-records.ts.
      const tombstone = await answered(() => this.collection('tombstones').findOne({ _id: `refresh_token:${_id}` }));
      if (tombstone !== null) {
        const untouched = { _id: token.grantId, 'refresh.rotatedAt': null };
        await answered(() => this.collection('grants').updateOne(untouched, { $set: { 'refresh.current': _id } }));
      }
    }
    await this.insert({ _id, grantId: token.grantId, expiresAt: expiresAt as Date });
  }

  private async moveTombstone(record: Fields, hashMessage: HashMessage): Promise<void> {
    const { _id, spentAt, expiresAt, ...fields } = record;
    const tombstone = {
      ...fields,
      spentAt: (spentAt as Date).getTime(),
      expiresAt: (expiresAt as Date).getTime(),
    } as unknown as FormerTombstone;
    const { kind, id, grantId } = tombstone;
    const grants = this.collection('grants');
    if ((await answered(() => this.collection('challenges').findOne({ _id: id, kind }))) !== null) return;
    if (kind === 'authorization_code' || kind === 'wallet_challenge') {
      const isNew = await this.insert(toGrantRecord(grantOfTombstone(tombstone, hashMessage)));
      const change = { $set: { proof: toProofRecord(proofOf(tombstone, hashMessage)), createdAt: spentAt as Date } };
      if (!isNew) await answered(() => grants.updateOne({ _id: grantId }, change));
    }
    if (kind === 'refresh_token') {
      const { previous, successor } = rotationOf(tombstone);
      const isLatest = {
        _id: grantId,
        refresh: { $exists: true },
        'refresh.current': { $ne: tombstone.id },
        $or: [{ 'refresh.rotatedAt': null }, { 'refresh.rotatedAt': { $lt: spentAt as Date } }],
      };
      const rotation = { 'refresh.previous': previous, 'refresh.successor': successor, 'refresh.rotatedAt': spentAt };
      await answered(() => grants.updateOne(isLatest, { $set: rotation }));
    }
    const formerId = formerIdOf(tombstone);
    if (formerId !== undefined) await this.insert({ _id: formerId, grantId, expiresAt: expiresAt as Date });
  }

  private async moveRevocation({ _id }: Fields, now: number): Promise<void> {
    await answered(() => this.collection('grants').updateOne({ _id, revokedAt: null }, endedAt(now)));
  }

  /** False when there is a record with this id. */
  private async insert(
    record: { readonly _id: string; readonly [field: string]: unknown } | GrantRecord,
  ): Promise<boolean> {
    try {
      await answered(() => this.collection('grants').insertOne({ ...record }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

/** A revocation is kept under the id of its grant. */
function grantIdOf(record: Fields): string {
  return String(record['grantId'] ?? record._id);
}
