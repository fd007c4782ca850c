import { Inject, Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Model, mongo } from 'mongoose';
import { CONFIG, type Config } from '../../platform/config';
import { answered, answeredInTurn, isDuplicateKey, upserted } from '../../platform/storage/mongo-answered';
import { changedInPlace, newRevision } from '../../platform/storage/mongo-change';
import { collectionOf } from '../../platform/storage/mongo-collection';
import { canonicalUsername } from './username';
import { type User, UsernameTakenError, UserStore } from './user-store';

@Schema({ collection: 'users', versionKey: false })
export class UserRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) subject!: string;
  @Prop({ type: String, required: true }) username!: string;
  @Prop({ type: String, required: true }) folded!: string;
  @Prop({ type: String, required: true }) passwordHash!: string;
  @Prop({ type: String }) passwordVersion?: string;
  @Prop({ type: String }) name?: string;
  @Prop({ type: String }) email?: string;
  @Prop({ type: Boolean }) emailVerified?: boolean;
  @Prop({ type: String }) picture?: string;
  @Prop({ type: Boolean }) disabled?: boolean;
  @Prop({ type: Date }) updatedAt?: Date;
  @Prop({ type: String }) endingDue?: string;
  @Prop({ type: Boolean, required: true }) demo!: boolean;
  @Prop({ type: String, required: true }) revision!: string;
}

export const UserSchema = SchemaFactory.createForClass(UserRecord)
  .index({ folded: 1 }, { unique: true })
  .index({ subject: 1 })
  .index({ demo: 1 });

/** Keeps users in MongoDB; an index sees to it that no two have one folded username. */
@Injectable()
export class MongoUserStore extends UserStore {
  private readonly users: mongo.Collection<UserRecord>;
  /** In production a user of the development seed is not there, but for {@link hasDemoUsers}. */
  private readonly shown: object;

  constructor(@InjectModel(UserRecord.name) users: Model<UserRecord>, @Inject(CONFIG) { production }: Config) {
    super();
    this.users = collectionOf(users);
    this.shown = production ? { demo: { $ne: true } } : {};
  }

  async find(id: string): Promise<User | undefined> {
    return fromRecord(await answered(() => this.users.findOne({ subject: { $eq: id }, ...this.shown })));
  }

  async findByUsername(username: string): Promise<User | undefined> {
    const named = { folded: { $eq: canonicalUsername(username) }, ...this.shown };
    return fromRecord(await answered(() => this.users.findOne(named)));
  }

  async save(user: User): Promise<void> {
    const { _id, ...record } = toRecord(user);
    // The id of a record cannot change: that of the user before stays, and is not looked at.
    // What this user does not have the one before may have had.
    const absent = optionalFields.filter((field) => user[field] === undefined).map((field) => [field, '']);
    const change = {
      $set: defined(record),
      $setOnInsert: { _id },
      ...(absent.length > 0 && { $unset: Object.fromEntries(absent) }),
    } as unknown as mongo.UpdateFilter<UserRecord>;
    const there = { folded: { $eq: record.folded } } as unknown as mongo.Filter<UserRecord>;
    await upserted(() => this.users.updateOne(there, change, { upsert: true }));
  }

  async add(user: User): Promise<boolean> {
    try {
      await answeredInTurn(() => this.users.insertOne(toRecord(user), { ignoreUndefined: true }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async change(id: string, change: (user: User) => User): Promise<User | undefined> {
    try {
      const changed = await changedInPlace(this.users, { subject: { $eq: id }, ...this.shown }, (record) => {
        const { _id, revision: _revision, ...fields } = toRecord(change(userOf(record)));
        return fields;
      });
      return changed && userOf(changed);
    } catch (error) {
      throw isDuplicateKey(error) ? new UsernameTakenError() : error;
    }
  }

  async remove(id: string): Promise<void> {
    await answered(() => this.users.deleteOne({ subject: { $eq: id } }));
  }

  async page(limit: number, after = ''): Promise<User[]> {
    const next = { folded: { $gt: canonicalUsername(after) }, ...this.shown };
    return (await answered(() => this.users.find(next).sort({ folded: 1 }).limit(limit).toArray())).map(userOf);
  }

  async hasDemoUsers(): Promise<boolean> {
    return (await answered(() => this.users.findOne({ demo: true }, { projection: { _id: 1 } }))) !== null;
  }
}

function toRecord({ id, username, updatedAt, ...fields }: User): UserRecord {
  const names = { subject: id, username, folded: canonicalUsername(username) };
  const updated = updatedAt === undefined ? {} : { updatedAt: new Date(updatedAt) };
  return { _id: id, ...names, ...fields, ...updated, ...newRevision() };
}

type OptionalField = { [Field in keyof User]-?: object extends Pick<User, Field> ? Field : never }[keyof User];

const optionalFields = Object.keys({
  passwordVersion: true,
  name: true,
  email: true,
  emailVerified: true,
  picture: true,
  disabled: true,
  updatedAt: true,
  endingDue: true,
} satisfies Record<OptionalField, true>) as OptionalField[];

function defined(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function fromRecord(record: UserRecord | null): User | undefined {
  return record === null ? undefined : userOf(record);
}

function userOf(record: UserRecord): User {
  const { _id, folded: _folded, revision: _revision, subject, username, updatedAt, ...fields } = record;
  const updated = updatedAt === undefined ? {} : { updatedAt: updatedAt.getTime() };
  return { id: subject, username, ...fields, ...updated };
}
