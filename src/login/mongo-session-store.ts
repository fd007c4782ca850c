import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, type mongo, Schema as MongooseSchema } from 'mongoose';
import type { Authentication } from '../identity/authentication';
import { lookAgain } from '../storage/look-again';
import { collectionOf } from '../storage/mongo-collection';
import { answered, isDuplicateKey } from '../storage/mongo-answered';
import { type Session, SessionIdTakenError, SessionStore } from './session-store';

@Schema({ collection: 'sessions', versionKey: false })
export class SessionRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String }) secretHash?: string;
  @Prop({ type: MongooseSchema.Types.Mixed, required: true }) authentication!: Authentication;
  @Prop({ type: Date, required: true }) createdAt!: Date;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
  @Prop({ type: Date }) endedAt?: Date;
}

export const SessionSchema = SchemaFactory.createForClass(SessionRecord).index(
  { expiresAt: 1 },
  { expireAfterSeconds: 0 },
);

@Injectable()
export class MongoSessionStore extends SessionStore {
  private readonly sessions: mongo.Collection<SessionRecord>;

  constructor(@InjectModel(SessionRecord.name) sessions: Model<SessionRecord>) {
    super();
    this.sessions = collectionOf(sessions);
  }

  async begin({ id, createdAt, expiresAt, ...fields }: Session): Promise<void> {
    const record = { _id: id, ...fields, createdAt: new Date(createdAt), expiresAt: new Date(expiresAt) };
    try {
      await answered(() => this.sessions.insertOne(record));
    } catch (error) {
      throw isDuplicateKey(error) ? new SessionIdTakenError() : error;
    }
  }

  async find(id: string, now: number): Promise<Session | undefined> {
    const predicate = { _id: { $eq: id }, endedAt: { $exists: false }, expiresAt: { $gt: new Date(now) } };
    const record = await answered(() => this.sessions.findOne(predicate));
    return record === null ? undefined : fromRecord(record);
  }

  async isKnown(id: string): Promise<boolean> {
    const find = async () => (await answered(() => this.sessions.findOne({ _id: { $eq: id } }))) ?? undefined;
    return (await lookAgain(find)) !== undefined;
  }

  async end(id: string, now: number): Promise<void> {
    await answered(() => this.sessions.updateOne({ _id: { $eq: id } }, { $set: { endedAt: new Date(now) } }));
  }
}

function fromRecord({ _id, secretHash, authentication, createdAt, expiresAt }: SessionRecord): Session {
  return {
    id: _id,
    ...(secretHash !== undefined && { secretHash }),
    authentication,
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt.getTime(),
  };
}
