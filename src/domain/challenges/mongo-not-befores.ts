import { setTimeout as delay } from 'node:timers/promises';
import { withStoreErrors, retryingUpsert } from '../../platform/storage/mongo-operation';
import { equal, MongoCollection, mongoModel } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { notBefore, type ChallengeOwner, notBeforeRecords, endName, endNamesOf } from './not-before';

/** Milliseconds for which the redemptions of a process share one read of the latest notBefore. */
const lookSharedMs = 200;
/** This long after a notBefore was written, every process reads anew; includes a margin for an early timer. */
const seenEverywhereMs = 300;

/** A shared read of the latest notBefore. */
interface Look {
  /** `performance.now()` before the read began. */
  readonly at: number;
  /** The latest notBefore of all owners; undefined: there is none. */
  readonly latest: Promise<number | undefined>;
}

export const notBeforeModel = mongoModel(notBeforeRecords, [[{ at: 1 }]]);

/**
 * The notBefores of challenge owners in MongoDB. Redemptions of a process share one read of the latest, and query by owner only
 * when their challenge is older than that. A writer waits until no shared read is older than its write.
 */
export class MongoNotBefores {
  private readonly ends;
  private look: Look | undefined;

  constructor({ connection }: MongoDatabase) {
    this.ends = new MongoCollection(connection, notBeforeRecords);
  }

  async add(owner: ChallengeOwner, until: number): Promise<void> {
    const { _id, ...end } = this.ends.encode(notBefore(owner, until));
    await retryingUpsert(() => this.ends.raw.updateOne(equal({ _id }), { $max: end }, { upsert: true }));
    await delay(seenEverywhereMs);
  }

  /** Ask after writing the successor: any read shared by then began after every earlier write. */
  async include(owner: ChallengeOwner, createdAt: number): Promise<boolean> {
    const latest = await this.latest();
    if (latest === undefined || latest < createdAt) return false;
    return this.ends.has({ _id: { $in: endNamesOf(owner) }, at: { $gte: new Date(createdAt) } });
  }

  async remove(owner: ChallengeOwner): Promise<void> {
    await this.ends.remove(equal({ _id: endName(owner) }));
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
    return this.ends.decode(await withStoreErrors(() => this.ends.raw.findOne({}, { sort: { at: -1 } })))?.at;
  }
}
