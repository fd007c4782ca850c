import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { answered, changedOrInserted } from '../storage/mongo-answered';
import { RevocationStore } from './revocation-store';

@Schema({ collection: 'revocations', versionKey: false })
export class RevocationRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
}

export const RevocationSchema = SchemaFactory.createForClass(RevocationRecord).index(
  { expiresAt: 1 },
  { expireAfterSeconds: 0 },
);

@Injectable()
export class MongoRevocationStore extends RevocationStore {
  constructor(@InjectModel(RevocationRecord.name) private readonly revocations: Model<RevocationRecord>) {
    super();
  }

  async revoke(id: string, expiresAt: number): Promise<void> {
    const until = new Date(expiresAt);
    await changedOrInserted(
      () => this.revocations.findOneAndUpdate({ _id: id }, { $max: { expiresAt: until } }).lean(),
      async () => {
        const revocation = { _id: id, expiresAt: until };
        await this.revocations.create([revocation]);
        return revocation;
      },
    );
  }

  async isRevoked(ids: readonly string[], now: number): Promise<boolean> {
    const predicate = { _id: { $in: ids }, expiresAt: { $gt: new Date(now) } };
    return (await answered(() => this.revocations.exists(predicate))) !== null;
  }
}
