import { Inject, Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { JSONWebKeySet } from 'jose';
import { type Model, type mongo, Schema as MongooseSchema } from 'mongoose';
import { CONFIG, type Config, type SigningAlgorithm } from '../../platform/config';
import { answered, isDuplicateKey, upserted } from '../../platform/storage/mongo-answered';
import { changedInPlace, newRevision } from '../../platform/storage/mongo-change';
import { collectionOf } from '../../platform/storage/mongo-collection';
import { type Client, type ClientSecret, type GrantType } from './client';
import { ClientStore } from './client-store';
import { originsOf } from './origins';

@Schema({ collection: 'clients', versionKey: false })
export class ClientRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) name!: string;
  @Prop({ type: String }) clientUri?: string;
  @Prop({ type: String }) logoUri?: string;
  @Prop({ type: String, required: true }) authentication!: Client['authentication'];
  @Prop({ type: String }) secretMethod?: 'client_secret_basic' | 'client_secret_post';
  @Prop({ type: MongooseSchema.Types.Mixed }) secrets?: ClientSecret[];
  @Prop({ type: MongooseSchema.Types.Mixed }) jwks?: JSONWebKeySet;
  @Prop({ type: String }) jwksUri?: string;
  @Prop({ type: String }) applicationType?: 'web' | 'native';
  @Prop({ type: [String], required: true }) redirectUris!: string[];
  @Prop({ type: [String], default: undefined }) postLogoutRedirectUris?: string[];
  @Prop({ type: String }) backchannelLogoutUri?: string;
  @Prop({ type: [String], default: undefined }) grantTypes?: GrantType[];
  @Prop({ type: Boolean, required: true }) firstParty!: boolean;
  @Prop({ type: Boolean }) requireState?: boolean;
  @Prop({ type: [String], required: true }) scopes!: string[];
  @Prop({ type: String }) defaultResource?: string;
  @Prop({ type: Boolean }) idTokenClaims?: boolean;
  @Prop({ type: Number }) refreshTokenGrace?: number;
  @Prop({ type: Boolean }) requirePushedAuthorizationRequests?: boolean;
  @Prop({ type: Boolean }) dpopBoundAccessTokens?: boolean;
  @Prop({ type: Boolean }) dpopNonceRequired?: boolean;
  @Prop({ type: String }) walletOrigin?: string;
  @Prop({ type: String }) walletMessage?: 'server' | 'wallet';
  @Prop({ type: Number }) walletChallengeLifetime?: number;
  @Prop({ type: Boolean }) synthetic?: boolean;
  @Prop({ type: Number }) registeredAt?: number;
  @Prop({ type: String }) registeredBy?: Exclude<Client['registeredBy'], undefined>;
  @Prop({ type: String }) registrationTokenHash?: string;
  @Prop({ type: Boolean }) everyScope?: boolean;
  @Prop({ type: Number }) freshUntil?: number;
  @Prop({ type: Date }) expiresAt?: Date;
  @Prop({ type: String, required: true }) idTokenAlgorithm!: SigningAlgorithm;
  @Prop({ type: Boolean, required: true }) demo!: boolean;
  @Prop({ type: [String], required: true }) origins!: string[];
  @Prop({ type: String, required: true }) revision!: string;
}

/** An index holds what clients are asked for by other than their id, so that no question walks over all of them. */
export const ClientSchema = SchemaFactory.createForClass(ClientRecord)
  .index({ origins: 1 })
  .index({ demo: 1 })
  .index({ defaultResource: 1 })
  .index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

@Injectable()
export class MongoClientStore extends ClientStore {
  private readonly clients: mongo.Collection<ClientRecord>;
  /** In production a client of the development seed is not there, but for {@link hasDemoClients}. */
  private readonly shown: object;

  constructor(@InjectModel(ClientRecord.name) clients: Model<ClientRecord>, @Inject(CONFIG) { production }: Config) {
    super();
    this.clients = collectionOf(clients);
    this.shown = production ? { demo: { $ne: true } } : {};
  }

  async find(clientId: string): Promise<Client | undefined> {
    const record = await answered(() => this.clients.findOne({ _id: { $eq: clientId }, ...this.shown }));
    return record === null ? undefined : fromRecord(record);
  }

  async save(client: Client): Promise<void> {
    const { _id, ...record } = toRecord(client);
    const whole = { upsert: true, ignoreUndefined: true };
    await upserted(() => this.clients.replaceOne({ _id: { $eq: _id } }, record, whole));
  }

  async add(client: Client): Promise<boolean> {
    try {
      await answered(() => this.clients.insertOne(toRecord(client), { ignoreUndefined: true }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async change(clientId: string, change: (client: Client) => Client): Promise<Client | undefined> {
    const changed = await changedInPlace(this.clients, { _id: { $eq: clientId }, ...this.shown }, (record) => {
      const { _id, revision: _revision, ...fields } = toRecord(change(fromRecord(record)));
      return fields;
    });
    return changed && fromRecord(changed);
  }

  async remove(clientId: string): Promise<void> {
    await answered(() => this.clients.deleteOne({ _id: { $eq: clientId } }));
  }

  async list(prefix = ''): Promise<Client[]> {
    const ids = prefix === '' ? {} : { _id: { $gte: prefix, $lte: `${prefix}\u{10ffff}` } };
    const predicate = { ...ids, ...this.shown };
    return (await answered(() => this.clients.find(predicate).sort({ _id: 1 }).toArray())).map(fromRecord);
  }

  async page(limit: number, after = ''): Promise<Client[]> {
    const next = { _id: { $gt: after }, ...this.shown };
    return (await answered(() => this.clients.find(next).sort({ _id: 1 }).limit(limit).toArray())).map(fromRecord);
  }

  async hasDefaultResource(identifier: string): Promise<boolean> {
    const named = { defaultResource: { $eq: identifier }, ...this.shown };
    return (await answered(() => this.clients.findOne(named, { projection: { _id: 1 } }))) !== null;
  }

  async hasOrigin(name: string): Promise<boolean> {
    const named = { origins: { $eq: name }, ...this.shown } as mongo.Filter<ClientRecord>;
    return (await answered(() => this.clients.findOne(named, { projection: { _id: 1 } }))) !== null;
  }

  async hasDemoClients(): Promise<boolean> {
    return (await answered(() => this.clients.findOne({ demo: true }, { projection: { _id: 1 } }))) !== null;
  }
}

function toRecord(client: Client): ClientRecord {
  const { clientId, expiresAt, ...fields } = client;
  return {
    _id: clientId,
    ...fields,
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    origins: originsOf(client),
    ...newRevision(),
  } as ClientRecord;
}

function fromRecord({ _id, origins: _origins, revision: _revision, ...record }: ClientRecord): Client {
  const { expiresAt, ...fields } = record;
  return {
    clientId: _id,
    ...fields,
    ...(expiresAt !== undefined && { expiresAt: expiresAt.getTime() }),
  };
}
