import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, Schema as MongooseSchema } from 'mongoose';
import type { SigningAlgorithm } from '../../platform/config';
import { answered, isDuplicateKey } from '../../platform/storage/mongo-answered';
import type { StoredJwk } from './key-encryption';
import { type SigningKey, SigningKeyStore, type StoredSigningKey } from './signing-key-store';

@Schema({ collection: 'signing_keys', versionKey: false })
export class SigningKeyRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) algorithm!: SigningAlgorithm;
  @Prop({ type: Number, required: true }) generation!: number;
  @Prop({ type: String, required: true }) kid!: string;
  @Prop({ type: MongooseSchema.Types.Mixed, required: true }) privateJwk!: StoredJwk;
  @Prop({ type: Date, required: true }) notBefore!: Date;
  @Prop({ type: Boolean, required: true }) demo!: boolean;
}

export const SigningKeySchema = SchemaFactory.createForClass(SigningKeyRecord);

@Injectable()
export class MongoSigningKeyStore extends SigningKeyStore {
  constructor(@InjectModel(SigningKeyRecord.name) private readonly keys: Model<SigningKeyRecord>) {
    super();
  }

  async add(key: StoredSigningKey): Promise<boolean> {
    const record = { _id: idOf(key), ...key, notBefore: new Date(key.notBefore) };
    try {
      await answered(() => this.keys.create([record]));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async list(): Promise<StoredSigningKey[]> {
    const records = await answered(() => this.keys.find().lean());
    return records.map(({ _id, notBefore, ...fields }) => ({ ...fields, notBefore: notBefore.getTime() }));
  }

  async replacePrivateJwk({ privateJwk, kid, ...key }: StoredSigningKey): Promise<boolean> {
    const change = { $set: { privateJwk } };
    return (await answered(() => this.keys.updateOne({ _id: idOf(key), kid }, change))).matchedCount === 1;
  }

  async remove(key: Pick<SigningKey, 'algorithm' | 'generation'>): Promise<void> {
    await answered(() => this.keys.deleteOne({ _id: idOf(key) }));
  }
}

function idOf(key: Pick<SigningKey, 'algorithm' | 'generation'>): string {
  return `${key.algorithm}:${key.generation}`;
}
