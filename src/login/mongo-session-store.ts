import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, Schema as MongooseSchema } from 'mongoose';
import type { Authentication } from '../identity/authentication';
import { answered, upserted } from '../storage/mongo-answered';
import { type Session, SessionStore } from './session-store';

@Schema({ collection: 'sessions', versionKey: false })
export class SessionRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: MongooseSchema.Types.Mixed, required: true }) authentication!: Authentication;
  @Prop({ type: Date, required: true }) createdAt!: Date;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
}

export const SessionSchema = SchemaFactory.createForClass(SessionRecord).index(
  { expiresAt: 1 },
  { expireAfterSeconds: 0 },
);

@Injectable()
export class MongoSessionStore extends SessionStore {
  constructor(@InjectModel(SessionRecord.name) private readonly sessions: Model<SessionRecord>) {
    super();
  }

  async save({ id, authentication, createdAt, expiresAt }: Session): Promise<void> {
    const record = { _id: id, authentication, createdAt: new Date(createdAt), expiresAt: new Date(expiresAt) };
    await upserted(() => this.sessions.replaceOne({ _id: id }, record, { upsert: true }));
  }

  async find(id: string, now: number): Promise<Session | undefined> {
    const predicate = { _id: id, expiresAt: { $gt: new Date(now) } };
    const record = await answered(() => this.sessions.findOne(predicate).lean());
    if (record === null) return undefined;
    const { authentication, createdAt, expiresAt } = record;
    return { id, authentication, createdAt: createdAt.getTime(), expiresAt: expiresAt.getTime() };
  }

  async remove(id: string): Promise<void> {
    await answered(() => this.sessions.deleteOne({ _id: id }));
  }
}
