import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { answered, upserted } from '../storage/mongo-answered';
import { type User, UserStore } from './user-store';

@Schema({ collection: 'users', versionKey: false })
export class UserRecord {
  /** The username. */
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) subject!: string;
  @Prop({ type: String, required: true }) passwordHash!: string;
  @Prop({ type: Boolean, required: true }) demo!: boolean;
}

export const UserSchema = SchemaFactory.createForClass(UserRecord).index({ demo: 1 });

@Injectable()
export class MongoUserStore extends UserStore {
  constructor(@InjectModel(UserRecord.name) private readonly users: Model<UserRecord>) {
    super();
  }

  async findByUsername(username: string): Promise<User | undefined> {
    const record = await answered(() => this.users.findOne({ _id: username }).lean());
    if (record === null) return undefined;
    const { _id, subject, ...fields } = record;
    return { id: subject, username: _id, ...fields };
  }

  async save({ id, username, ...fields }: User): Promise<void> {
    const record = { _id: username, subject: id, ...fields };
    await upserted(() => this.users.replaceOne({ _id: username }, record, { upsert: true }));
  }

  async hasDemoUsers(): Promise<boolean> {
    return (await answered(() => this.users.exists({ demo: true }))) !== null;
  }
}
