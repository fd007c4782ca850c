import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, type mongo, Schema as MongooseSchema } from 'mongoose';
import { type AccessEnd, accessEndsAtMost } from '../../domain/challenges/challenge-end';
import type { Authentication } from '../../domain/identity/authentication';
import { lookAgain } from '../../platform/storage/look-again';
import { collectionOf } from '../../platform/storage/mongo-collection';
import { answered, isDuplicateKey } from '../../platform/storage/mongo-answered';
import { fromHashRecord, type HashRecord, toHashRecord } from '../../platform/storage/mongo-hash';
import { decodePlace, encodePlace, type Page, type PageRequest } from '../../platform/storage/page';
import {
  endedSessionKeptMs,
  type Session,
  type SessionClient,
  sessionClientsAtMost,
  SessionIdTakenError,
  SessionStore,
} from './session-store';

@Schema({ collection: 'sessions', versionKey: false })
export class SessionRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: MongooseSchema.Types.Mixed }) secretHash?: HashRecord;
  @Prop({ type: MongooseSchema.Types.Mixed, required: true }) authentication!: Authentication;
  @Prop({ type: Date, required: true }) createdAt!: Date;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
  @Prop({ type: String }) browser?: string;
  @Prop({ type: String }) network?: string;
  @Prop({ type: MongooseSchema.Types.Mixed }) messageHash?: HashRecord;
  @Prop({ type: MongooseSchema.Types.Mixed }) signatureHash?: HashRecord;
  @Prop({ type: [String], default: undefined }) replaced?: string[];
  @Prop({ type: MongooseSchema.Types.Mixed }) clients?: SessionClient[];
  @Prop({ type: MongooseSchema.Types.Mixed }) accessEnds?: AccessEnd[];
  @Prop({ type: Date }) endedAt?: Date;
}

export const SessionSchema = SchemaFactory.createForClass(SessionRecord)
  .index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
  .index({ 'authentication.sub': 1, _id: 1 });

@Injectable()
export class MongoSessionStore extends SessionStore {
  private readonly sessions: mongo.Collection<SessionRecord>;

  constructor(@InjectModel(SessionRecord.name) sessions: Model<SessionRecord>) {
    super();
    this.sessions = collectionOf(sessions);
  }

  async begin(session: Session): Promise<void> {
    try {
      await answered(() => this.sessions.insertOne(toRecord(session)));
    } catch (error) {
      throw isDuplicateKey(error) ? new SessionIdTakenError() : error;
    }
  }

  async find(id: string, now: number): Promise<Session | undefined> {
    const predicate = { _id: { $eq: id }, endedAt: { $exists: false }, expiresAt: { $gt: new Date(now) } };
    const record = await answered(() => this.sessions.findOne(predicate));
    return record === null ? undefined : fromRecord(record);
  }

  async findKnown(id: string): Promise<Session | undefined> {
    const find = async () => (await answered(() => this.sessions.findOne({ _id: { $eq: id } }))) ?? undefined;
    const found = await lookAgain(find);
    return found && fromRecord(found);
  }

  async addClient(id: string, { sid, clientId }: SessionClient): Promise<void> {
    const living = { _id: { $eq: id }, endedAt: { $exists: false } };
    const predicate = { ...living, [`clients.${sessionClientsAtMost - 1}`]: { $exists: false } };
    await answered(() => this.sessions.updateOne(predicate, { $addToSet: { clients: { sid, clientId } } }));
  }

  async endAccess(sub: string, end: AccessEnd): Promise<void> {
    const living = { 'authentication.sub': { $eq: sub }, endedAt: { $exists: false } };
    const $push = { accessEnds: { $each: [end], $slice: -accessEndsAtMost } };
    await answered(() => this.sessions.updateMany(living, { $push }));
  }

  async list(sub: string | undefined, { limit, after }: PageRequest, now: number): Promise<Page<Session>> {
    const [last = ''] = after === undefined ? [] : decodePlace(after, 1);
    const predicate = {
      _id: { $gt: last },
      ...(sub !== undefined && { 'authentication.sub': { $eq: sub } }),
      endedAt: { $exists: false },
      expiresAt: { $gt: new Date(now) },
    };
    const options = { sort: { _id: 1 }, limit: limit + 1, batchSize: limit + 1 } as const;
    const records = await answered(() => this.sessions.find(predicate, options).toArray());
    const next = records.length > limit ? records[limit - 1] : undefined;
    const items = records.slice(0, limit).map(fromRecord);
    return { items, ...(next !== undefined && { next: encodePlace(next._id) }) };
  }

  async end(id: string, now: number): Promise<boolean> {
    return this.change(id, endedAt(now));
  }

  async endReplaced(id: string, now: number): Promise<boolean> {
    return this.change(id, {
      ...endedAt(now),
      $unset: { secretHash: '', browser: '', network: '', replaced: '', clients: '', accessEnds: '' },
    });
  }

  /** False when it had ended before. */
  private async change(id: string, change: mongo.UpdateFilter<SessionRecord>): Promise<boolean> {
    const living = { _id: { $eq: id }, endedAt: { $exists: false } };
    return (await answered(() => this.sessions.updateOne(living, change))).modifiedCount === 1;
  }
}

function endedAt(now: number) {
  return { $set: { endedAt: new Date(now) }, $max: { expiresAt: new Date(now + endedSessionKeptMs) } } as const;
}

function toRecord({ id, createdAt, expiresAt, ...rest }: Session): SessionRecord {
  const { secretHash, messageHash, signatureHash, replaced, clients, accessEnds, ...fields } = rest;
  return {
    _id: id,
    ...fields,
    ...(secretHash !== undefined && { secretHash: toHashRecord(secretHash) }),
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    ...(messageHash !== undefined && { messageHash: toHashRecord(messageHash) }),
    ...(signatureHash !== undefined && { signatureHash: toHashRecord(signatureHash) }),
    ...(replaced !== undefined && { replaced: [...replaced] }),
    ...(clients !== undefined && { clients: [...clients] }),
    ...(accessEnds !== undefined && { accessEnds: [...accessEnds] }),
  };
}

function fromRecord(record: SessionRecord): Session {
  const { _id, endedAt: _endedAt, createdAt, expiresAt, ...rest } = record;
  const { secretHash, messageHash, signatureHash, ...fields } = rest;
  return {
    id: _id,
    ...fields,
    ...(secretHash !== undefined && { secretHash: fromHashRecord(secretHash) }),
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt.getTime(),
    ...(messageHash !== undefined && { messageHash: fromHashRecord(messageHash) }),
    ...(signatureHash !== undefined && { signatureHash: fromHashRecord(signatureHash) }),
  };
}
