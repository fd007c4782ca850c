import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { answered, upserted } from '../storage/mongo-answered';
import { type Consent, type ConsentQuery, ConsentStore } from './consent-store';

@Schema({ collection: 'consents', versionKey: false })
export class ConsentRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) sub!: string;
  @Prop({ type: String, required: true }) clientId!: string;
  @Prop({ type: [String], required: true }) scope!: string[];
  @Prop({ type: Date, required: true }) createdAt!: Date;
}

export const ConsentSchema = SchemaFactory.createForClass(ConsentRecord).index({ sub: 1 }).index({ clientId: 1 });

@Injectable()
export class MongoConsentStore extends ConsentStore {
  constructor(@InjectModel(ConsentRecord.name) private readonly consents: Model<ConsentRecord>) {
    super();
  }

  async save({ sub, clientId, scope, createdAt }: Consent): Promise<void> {
    const _id = keyOf(sub, clientId);
    const record = { _id, sub, clientId, scope: [...scope], createdAt: new Date(createdAt) };
    await upserted(() => this.consents.replaceOne({ _id }, record, { upsert: true }));
  }

  async find(sub: string, clientId: string): Promise<Consent | undefined> {
    const record = await answered(() => this.consents.findOne({ _id: keyOf(sub, clientId) }).lean());
    return record === null ? undefined : fromRecord(record);
  }

  async list(sub: string): Promise<Consent[]> {
    return (await answered(() => this.consents.find({ sub: { $eq: sub } }).lean())).map(fromRecord);
  }

  async removeAll({ sub, clientId }: ConsentQuery): Promise<void> {
    const predicate = {
      ...(sub !== undefined && { sub: { $eq: sub } }),
      ...(clientId !== undefined && { clientId: { $eq: clientId } }),
    };
    await answered(() => this.consents.deleteMany(predicate));
  }

  async completeIndex(): Promise<void> {
    // The server has its indexes from the start, and they hold fields that consents have had from the first version on.
  }
}

function fromRecord({ sub, clientId, scope, createdAt }: ConsentRecord): Consent {
  return { sub, clientId, scope, createdAt: createdAt.getTime() };
}

/** Client ids hold no space, so no two pairs share a key. */
function keyOf(sub: string, clientId: string): string {
  return `${clientId} ${sub}`;
}
