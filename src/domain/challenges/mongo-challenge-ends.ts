import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Model, mongo } from 'mongoose';
import { answered, upserted } from '../../platform/storage/mongo-answered';
import { collectionOf } from '../../platform/storage/mongo-collection';
import { challengeEnd, type ChallengeHolder, endName, endNamesOf } from './challenge-end';

/** For so long the redemptions of a process share one look at the latest end, in milliseconds. */
const lookSharedMs = 200;
/** By then, after an end was written, every process looks anew; with room for a timer that is early. */
const seenEverywhereMs = 300;

/** Something that was written, and when. */
interface Look {
  /** As `performance.now()`, before the look began. */
  readonly at: number;
  /** Until when the latest of all ends reaches; undefined: there is none. */
  readonly latest: Promise<number | undefined>;
}

@Schema({ collection: 'endings', versionKey: false })
export class ChallengeEndRecord {
  /** What `endName` makes of the holder. */
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: Date, required: true }) at!: Date;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
}

export const ChallengeEndSchema = SchemaFactory.createForClass(ChallengeEndRecord)
  .index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
  .index({ at: 1 });

/**
 * The ends of challenges in MongoDB. Redemptions cost no read of their own: those of a process share one look at the latest
 * end, and ask further only when their challenge is older than that. Whoever writes an end waits until no look is older.
 */
@Injectable()
export class MongoChallengeEnds {
  private readonly ends: mongo.Collection<ChallengeEndRecord>;
  private look: Look | undefined;

  constructor(@InjectModel(ChallengeEndRecord.name) ends: Model<ChallengeEndRecord>) {
    this.ends = collectionOf(ends);
  }

  async add(holder: ChallengeHolder, until: number): Promise<void> {
    const { at, expiresAt } = challengeEnd(until);
    const later = { $max: { at: new Date(at), expiresAt: new Date(expiresAt) } };
    await upserted(() => this.ends.updateOne({ _id: { $eq: endName(holder) } }, later, { upsert: true }));
    await delay(seenEverywhereMs);
  }

  /** To be asked after what the challenge became has been written: a look that is shared by then began after all ends before it. */
  async include(holder: ChallengeHolder, createdAt: number): Promise<boolean> {
    const latest = await this.latest();
    if (latest === undefined || latest < createdAt) return false;
    const predicate = { _id: { $in: endNamesOf(holder) }, at: { $gte: new Date(createdAt) } };
    return (await answered(() => this.ends.findOne(predicate, { projection: { _id: 1 } }))) !== null;
  }

  async remove(holder: ChallengeHolder): Promise<void> {
    await answered(() => this.ends.deleteOne({ _id: { $eq: endName(holder) } }));
  }

  private latest(): Promise<number | undefined> {
    const at = performance.now();
    if (this.look !== undefined && at - this.look.at < lookSharedMs) return this.look.latest;
    const look = { at, latest: this.readLatest() };
    this.look = look;
    look.latest.catch(() => {
      if (this.look === look) this.look = undefined;
    });
    return look.latest;
  }

  private async readLatest(): Promise<number | undefined> {
    const options = { sort: { at: -1 }, projection: { _id: 0, at: 1 } } as const;
    return (await answered(() => this.ends.findOne({}, options)))?.at.getTime();
  }
}
