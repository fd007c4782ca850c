import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Model, mongo } from 'mongoose';
import type { GrantedResource } from '../../domain/apis/granted-audience';
import { answered, changedOrInserted } from '../../platform/storage/mongo-answered';
import { collectionOf } from '../../platform/storage/mongo-collection';
import {
  type Consent,
  consentLifetime,
  type ConsentQuery,
  ConsentStore,
  consentsListedAtMost,
  holds,
} from './consent-store';

@Schema({ collection: 'consents', versionKey: false })
export class ConsentRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) sub!: string;
  @Prop({ type: String, required: true }) clientId!: string;
  @Prop({ type: [String], required: true }) scope!: string[];
  /** Identifier and scope, with a space between them; an identifier and a space for the API itself. */
  @Prop({ type: [String], required: true }) resources!: string[];
  @Prop({ type: Date, required: true }) createdAt!: Date;
}

export const ConsentSchema = SchemaFactory.createForClass(ConsentRecord)
  .index({ sub: 1 })
  .index({ clientId: 1 })
  .index({ createdAt: 1 }, { expireAfterSeconds: consentLifetime });

@Injectable()
export class MongoConsentStore extends ConsentStore {
  private readonly consents: mongo.Collection<ConsentRecord>;

  constructor(@InjectModel(ConsentRecord.name) consents: Model<ConsentRecord>) {
    super();
    this.consents = collectionOf(consents);
  }

  async allow({ sub, clientId, scope, resources, createdAt }: Consent): Promise<void> {
    const _id = keyOf(sub, clientId);
    const record = {
      sub,
      clientId,
      scope: [...scope],
      resources: resources.flatMap(flat),
      createdAt: new Date(createdAt),
    };
    const added = {
      $set: { createdAt: record.createdAt },
      $addToSet: { scope: { $each: record.scope }, resources: { $each: record.resources } },
    };
    await changedOrInserted<unknown>(
      () => this.consents.findOneAndUpdate({ _id: { $eq: _id } }, added),
      () => this.consents.insertOne({ _id, ...record }),
    );
  }

  async find(sub: string, clientId: string, now: number): Promise<Consent | undefined> {
    const record = await answered(() => this.consents.findOne({ _id: { $eq: keyOf(sub, clientId) } }));
    const consent = record === null ? undefined : fromRecord(record);
    return consent !== undefined && holds(consent, now) ? consent : undefined;
  }

  async list(sub: string, now: number): Promise<Consent[]> {
    const options = { limit: consentsListedAtMost, batchSize: consentsListedAtMost };
    const records = await answered(() => this.consents.find({ sub: { $eq: sub } }, options).toArray());
    return records.map(fromRecord).filter((consent) => holds(consent, now));
  }

  async removeAll({ sub, clientId }: ConsentQuery): Promise<void> {
    const predicate = {
      ...(sub !== undefined && { sub: { $eq: sub } }),
      ...(clientId !== undefined && { clientId: { $eq: clientId } }),
    };
    await answered(() => this.consents.deleteMany(predicate));
  }
}

function fromRecord({ sub, clientId, scope, resources, createdAt }: ConsentRecord): Consent {
  return { sub, clientId, scope, resources: grouped(resources), createdAt: createdAt.getTime() };
}

/** Client ids hold no space, so no two pairs share a key. */
function keyOf(sub: string, clientId: string): string {
  return `${clientId} ${sub}`;
}

/** As members of one set, to which one update adds. Neither part holds a space. */
function flat({ identifier, scope }: GrantedResource): string[] {
  return ['', ...scope].map((name) => `${identifier} ${name}`);
}

function grouped(pairs: readonly string[]): GrantedResource[] {
  const scopes = new Map<string, string[]>();
  for (const pair of pairs) {
    const [identifier = '', name = ''] = pair.split(' ');
    const names = scopes.get(identifier) ?? [];
    scopes.set(identifier, name === '' ? names : [...names, name]);
  }
  return [...scopes].map(([identifier, scope]) => ({ identifier, scope }));
}
