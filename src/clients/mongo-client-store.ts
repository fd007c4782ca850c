import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { JSONWebKeySet } from 'jose';
import { type Model, Schema as MongooseSchema } from 'mongoose';
import type { SigningAlgorithm } from '../config';
import { answered, upserted } from '../storage/mongo-answered';
import type { Client } from './client';
import { ClientStore } from './client-store';

@Schema({ collection: 'clients', versionKey: false })
export class ClientRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) name!: string;
  @Prop({ type: String, required: true }) authentication!: Client['authentication'];
  @Prop({ type: String }) secretHash?: string;
  @Prop({ type: MongooseSchema.Types.Mixed }) jwks?: JSONWebKeySet;
  @Prop({ type: [String], required: true }) redirectUris!: string[];
  @Prop({ type: Boolean, required: true }) firstParty!: boolean;
  @Prop({ type: [String], required: true }) scopes!: string[];
  @Prop({ type: String }) walletOrigin?: string;
  @Prop({ type: String, required: true }) idTokenAlgorithm!: SigningAlgorithm;
  @Prop({ type: Boolean, required: true }) demo!: boolean;
}

export const ClientSchema = SchemaFactory.createForClass(ClientRecord);

@Injectable()
export class MongoClientStore extends ClientStore {
  constructor(@InjectModel(ClientRecord.name) private readonly clients: Model<ClientRecord>) {
    super();
  }

  async find(clientId: string): Promise<Client | undefined> {
    const record = await answered(() => this.clients.findOne({ _id: clientId }).lean());
    return record === null ? undefined : fromRecord(record);
  }

  async save(client: Client): Promise<void> {
    const { clientId, ...fields } = client;
    await upserted(() => this.clients.replaceOne({ _id: clientId }, { _id: clientId, ...fields }, { upsert: true }));
  }

  async remove(clientId: string): Promise<void> {
    await answered(() => this.clients.deleteOne({ _id: clientId }));
  }

  async list(): Promise<Client[]> {
    return (await answered(() => this.clients.find().lean())).map(fromRecord);
  }
}

function fromRecord({ _id, ...fields }: ClientRecord): Client {
  return { clientId: _id, ...fields };
}
