import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, type mongo, Schema as MongooseSchema } from 'mongoose';
import { answered, isDuplicateKey } from '../../platform/storage/mongo-answered';
import { changedInPlace, newRevision } from '../../platform/storage/mongo-change';
import { collectionOf } from '../../platform/storage/mongo-collection';
import type { ClientSecret } from '../clients/client';
import type { Api, ApiScope } from './api';
import { ApiStore } from './api-store';
import { canonicalResource } from '../clients/resource-identifier';

/** All of them in one answer, as many as there will be. */
const batchSize = 1_000;

@Schema({ collection: 'apis', versionKey: false })
export class ApiRecord {
  /** The identifier in its canonical spelling. */
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) id!: string;
  @Prop({ type: String, required: true }) identifier!: string;
  @Prop({ type: String, required: true }) name!: string;
  @Prop({ type: MongooseSchema.Types.Mixed, required: true }) scopes!: ApiScope[];
  @Prop({ type: Boolean, required: true }) allowRegisteredClients!: boolean;
  @Prop({ type: Number }) accessTokenLifetime?: number;
  @Prop({ type: MongooseSchema.Types.Mixed }) secrets?: ClientSecret[];
  @Prop({ type: String, required: true }) revision!: string;
}

export const ApiSchema = SchemaFactory.createForClass(ApiRecord).index({ id: 1 });

/** Keeps APIs in MongoDB under their identifiers, so that none is there twice. */
@Injectable()
export class MongoApiStore extends ApiStore {
  private readonly apis: mongo.Collection<ApiRecord>;

  constructor(@InjectModel(ApiRecord.name) apis: Model<ApiRecord>) {
    super();
    this.apis = collectionOf(apis);
  }

  async add(api: Api): Promise<boolean> {
    const record = { ...toRecord(api), ...newRevision() };
    try {
      await answered(() => this.apis.insertOne(record, { ignoreUndefined: true }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async change(id: string, change: (api: Api) => Api): Promise<Api | undefined> {
    const changed = await changedInPlace(this.apis, { id: { $eq: id } }, (record) => {
      const { _id, ...fields } = toRecord({ ...change(fromRecord(record)), id, identifier: record.identifier });
      return fields;
    });
    return changed && fromRecord(changed);
  }

  async remove(id: string): Promise<void> {
    await answered(() => this.apis.deleteOne({ id: { $eq: id } }));
  }

  async find(id: string): Promise<Api | undefined> {
    const record = await answered(() => this.apis.findOne({ id: { $eq: id } }));
    return record === null ? undefined : fromRecord(record);
  }

  async list(): Promise<readonly Api[]> {
    return (await answered(() => this.apis.find({}, { sort: { id: 1 }, batchSize }).toArray())).map(fromRecord);
  }

  async listRecent(): Promise<readonly Api[]> {
    return this.list();
  }

  async findByIdentifier(identifier: string): Promise<Api | undefined> {
    const key = canonicalResource(identifier);
    if (key === undefined) return undefined;
    const record = await answered(() => this.apis.findOne({ _id: { $eq: key } }));
    return record === null ? undefined : fromRecord(record);
  }
}

function toRecord(api: Api): ApiRecord {
  return { _id: canonicalResource(api.identifier) ?? api.identifier, ...api } as ApiRecord;
}

function fromRecord({ _id, revision: _revision, ...fields }: ApiRecord): Api {
  return fields;
}
