import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { JSONWebKeySet } from 'jose';
import { type Model, type mongo, Schema as MongooseSchema } from 'mongoose';
import type { SigningAlgorithm } from '../config';
import { answered, upserted } from '../storage/mongo-answered';
import { collectionOf } from '../storage/mongo-collection';
import type { Client } from './client';
import { ClientStore } from './client-store';
import { originsOf } from './origins';

const batchSize = 100;

@Schema({ collection: 'clients', versionKey: false })
export class ClientRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) name!: string;
  @Prop({ type: String, required: true }) authentication!: Client['authentication'];
  @Prop({ type: String }) secretHash?: string;
  @Prop({ type: MongooseSchema.Types.Mixed }) jwks?: JSONWebKeySet;
  @Prop({ type: [String], required: true }) redirectUris!: string[];
  @Prop({ type: [String], default: undefined }) postLogoutRedirectUris?: string[];
  @Prop({ type: Boolean, required: true }) firstParty!: boolean;
  @Prop({ type: [String], required: true }) scopes!: string[];
  @Prop({ type: String }) walletOrigin?: string;
  @Prop({ type: String, required: true }) idTokenAlgorithm!: SigningAlgorithm;
  @Prop({ type: Boolean, required: true }) demo!: boolean;
  /** Absent of a client that was saved by version 0.1. */
  @Prop({ type: [String], default: undefined }) origins?: string[];
}

/** An index holds what names an origin, and what the start of production asks for, so that neither walks over all clients. */
export const ClientSchema = SchemaFactory.createForClass(ClientRecord).index({ origins: 1 }).index({ demo: 1 });

@Injectable()
export class MongoClientStore extends ClientStore {
  private readonly clients: mongo.Collection<ClientRecord>;

  constructor(@InjectModel(ClientRecord.name) clients: Model<ClientRecord>) {
    super();
    this.clients = collectionOf(clients);
  }

  async find(clientId: string): Promise<Client | undefined> {
    const record = await answered(() => this.clients.findOne({ _id: { $eq: clientId } }));
    return record === null ? undefined : fromRecord(record);
  }

  async save(client: Client): Promise<void> {
    const { clientId, ...fields } = client;
    const record = { ...fields, origins: originsOf(client) } as Omit<ClientRecord, '_id'>;
    const whole = { upsert: true, ignoreUndefined: true };
    await upserted(() => this.clients.replaceOne({ _id: { $eq: clientId } }, record, whole));
  }

  async remove(clientId: string): Promise<void> {
    await answered(() => this.clients.deleteOne({ _id: { $eq: clientId } }));
  }

  async list(prefix = ''): Promise<Client[]> {
    const predicate = prefix === '' ? {} : { _id: { $gte: prefix, $lte: `${prefix}\u{10ffff}` } };
    return (await answered(() => this.clients.find(predicate).sort({ _id: 1 }).toArray())).map(fromRecord);
  }

  async hasOrigin(name: string): Promise<boolean> {
    const named = { origins: { $eq: name } } as mongo.Filter<ClientRecord>;
    return (await answered(() => this.clients.findOne(named, { projection: { _id: 1 } }))) !== null;
  }

  async hasDemoClients(): Promise<boolean> {
    return (await answered(() => this.clients.findOne({ demo: true }, { projection: { _id: 1 } }))) !== null;
  }

  async completeIndex(): Promise<void> {
    // As null, which a record without the field equals too: for this the index is asked, not every client.
    const lacking = { origins: { $eq: null } };
    let last = '';
    for (;;) {
      const next = { _id: { $gt: last }, ...lacking } as unknown as mongo.Filter<ClientRecord>;
      const batch = this.clients.find(next, { sort: { _id: 1 }, limit: batchSize, batchSize });
      const records = await answered(() => batch.toArray());
      const changes = records.map((record) => ({
        updateOne: {
          // Not when another process has saved the client since.
          filter: { _id: { $eq: record._id }, ...lacking } as unknown as mongo.Filter<ClientRecord>,
          update: { $set: { origins: originsOf(fromRecord(record)) } },
        },
      }));
      if (changes.length > 0) await answered(() => this.clients.bulkWrite(changes, { ordered: false }));
      if (records.length < batchSize) return;
      last = records.at(-1)?._id ?? last;
    }
  }
}

function fromRecord({ _id, origins: _origins, ...fields }: ClientRecord): Client {
  return { clientId: _id, ...fields };
}
