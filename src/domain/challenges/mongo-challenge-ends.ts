import { setTimeout as delay } from 'node:timers/promises';
import { answered, upserted } from '../../platform/storage/mongo-answered';
import { equal, MongoCollection, mongoModel } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { challengeEnd, type ChallengeHolder, challengeEndRecords, endName, endNamesOf } from './challenge-end';

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

export const challengeEndModel = mongoModel(challengeEndRecords, [[{ at: 1 }]]);

/**
 * The ends of challenges in MongoDB. Redemptions cost no read of their own: those of a process share one look at the latest
 * end, and ask further only when their challenge is older than that. Whoever writes an end waits until no look is older.
 */
export class MongoChallengeEnds {
  private readonly ends;
  private look: Look | undefined;

  constructor({ connection }: MongoDatabase) {
    this.ends = new MongoCollection(connection, challengeEndRecords);
  }

  async add(holder: ChallengeHolder, until: number): Promise<void> {
    const { _id, ...end } = this.ends.encode(challengeEnd(holder, until));
    await upserted(() => this.ends.raw.updateOne(equal({ _id }), { $max: end }, { upsert: true }));
    await delay(seenEverywhereMs);
  }

  /** To be asked after what the challenge became has been written: a look that is shared by then began after all ends before it. */
  async include(holder: ChallengeHolder, createdAt: number): Promise<boolean> {
    const latest = await this.latest();
    if (latest === undefined || latest < createdAt) return false;
    return this.ends.has({ _id: { $in: endNamesOf(holder) }, at: { $gte: new Date(createdAt) } });
  }

  async remove(holder: ChallengeHolder): Promise<void> {
    await this.ends.remove(equal({ _id: endName(holder) }));
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
    return this.ends.decode(await answered(() => this.ends.raw.findOne({}, { sort: { at: -1 } })))?.at;
  }
}
