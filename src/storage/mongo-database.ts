import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Connection } from 'mongoose';
import { StoreUnavailableError } from './store-unavailable.error';

const firstRetryMs = 250;
const longestRetryMs = 5_000;

/**
 * Options of the connection. Primary reads and majority writes, because a redemption must be seen by everyone at once;
 * every wait is bounded, so that a lost database is an answer within seconds.
 */
export const mongoOptions = {
  lazyConnection: true,
  autoCreate: false,
  autoIndex: false,
  bufferCommands: false,
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 2_000,
  socketTimeoutMS: 5_000,
  waitQueueTimeoutMS: 5_000,
  heartbeatFrequencyMS: 2_000,
  readPreference: 'primary',
  writeConcern: { w: 'majority' },
} as const;

/** Connects, also when the server comes up after us, and makes the indexes; after that the driver heals by itself. */
export class MongoDatabase {
  private indexed = false;
  private closing = false;
  private readonly connecting: Promise<void>;
  private firstAttemptEnded: () => void = () => {};
  private readonly firstAttempt = new Promise<void>((resolve) => {
    this.firstAttemptEnded = resolve;
  });

  constructor(
    readonly connection: Connection,
    uri: string,
    private readonly logger: Logger,
  ) {
    // Without a listener an error event ends the process; each operation reports its own failure.
    connection.on('error', () => {});
    this.connecting = this.connect(uri);
  }

  /** Rejects with StoreUnavailableError unless the server answers and every index exists. */
  async ping(): Promise<void> {
    await this.firstAttempt;
    if (!this.indexed) throw new StoreUnavailableError('not connected yet');
    try {
      await this.connection.db?.command({ ping: 1 });
    } catch (error) {
      throw new StoreUnavailableError(error);
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.connection.close();
    await this.connecting;
  }

  private async connect(uri: string): Promise<void> {
    for (let wait = firstRetryMs; !this.closing; wait = Math.min(2 * wait, longestRetryMs)) {
      try {
        if (this.connection.readyState === 0) await this.connection.openUri(uri);
        else await this.connection.asPromise();
        for (const model of Object.values(this.connection.models)) await model.createIndexes();
        this.indexed = true;
        this.firstAttemptEnded();
        return;
      } catch (error) {
        this.logger.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'MongoDB is not reachable yet');
        this.firstAttemptEnded();
        await delay(wait);
      }
    }
  }
}
