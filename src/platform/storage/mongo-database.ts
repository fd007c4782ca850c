import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Connection, mongo } from 'mongoose';
import { type ConfigError, refusedSetting } from '../config';
import { type Environment, OtherStoreError, refusedStore } from './environment';
import { answered } from './mongo-answered';
import { claimMongoEnvironment } from './mongo-environment';
import { MongoRecords } from './mongo-records';
import type { RecordType } from './record-schema';
import { RecordDatabase, type Records, type RecordsOptions } from './records';
import { StoreUnavailableError } from './store-unavailable.error';

const firstRetryMs = 250;
const longestRetryMs = 5_000;

/**
 * Options of the connection. Primary reads and majority writes, because a redemption must be seen by everyone at once;
 * every wait is bounded, so that a lost database is an answer within seconds.
 */
export const mongoOptions = {
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

/**
 * Connects, also when the server comes up after us, and makes the indexes, in a store of this environment; after that the
 * driver heals by itself.
 */
export class MongoDatabase extends RecordDatabase {
  private indexed = false;
  private refusal: ConfigError | undefined;
  private readonly closing = new AbortController();
  private readonly connecting: Promise<void>;
  private firstAttemptEnded: () => void = () => {};
  private readonly firstAttempt = new Promise<void>((resolve) => {
    this.firstAttemptEnded = resolve;
  });

  constructor(
    readonly connection: Connection,
    uri: string,
    private readonly environment: Environment,
    private readonly logger: Logger,
  ) {
    super();
    // Without a listener an error event ends the process; each operation reports its own failure.
    connection.on('error', () => {});
    this.connecting = this.connect(uri);
  }

  /** Rejects with StoreUnavailableError unless the server answers and every index exists. Throws: {@link ConfigError}. */
  async ping(): Promise<void> {
    await this.firstAttempt;
    if (this.refusal !== undefined) throw this.refusal;
    if (!this.indexed) throw new StoreUnavailableError('not connected yet');
    await answered(() => this.command({ ping: 1 }));
  }

  /** Rejects with what the driver says, and StoreUnavailableError before it is connected. */
  async command(command: mongo.Document): Promise<mongo.Document> {
    const { db } = this.connection;
    if (db === undefined) throw new StoreUnavailableError('not connected yet');
    return db.command(command);
  }

  records<Value extends object>(type: RecordType<Value>, options?: RecordsOptions): Records<Value> {
    return new MongoRecords(this.connection, type, options);
  }

  override async close(): Promise<void> {
    this.closing.abort();
    await this.connection.close();
    await this.connecting;
  }

  private async connect(uri: string): Promise<void> {
    for (let wait = firstRetryMs; !this.closing.signal.aborted; wait = Math.min(2 * wait, longestRetryMs)) {
      try {
        // With the options again: mongoose forgets them with a first attempt that failed.
        if (this.connection.readyState === 0) await this.connection.openUri(uri, mongoOptions);
        else await this.connection.asPromise();
        const { db } = this.connection;
        if (db === undefined) throw new StoreUnavailableError('not connected yet');
        await claimMongoEnvironment(db, this.environment);
        for (const model of Object.values(this.connection.models)) await model.createIndexes();
        this.indexed = true;
        this.firstAttemptEnded();
        return;
      } catch (error) {
        this.refusal = refusalOf(error, uri);
        if (this.refusal !== undefined) {
          this.firstAttemptEnded();
          return;
        }
        this.logger.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'MongoDB is not reachable yet');
        this.firstAttemptEnded();
        await delay(wait, undefined, { signal: this.closing.signal }).catch(() => {});
      }
    }
  }
}

/** Of a URI that the driver cannot read, or a store of the other environment or of another form, which no waiting fixes. */
export function refusalOf(error: unknown, uri: string): ConfigError | undefined {
  if (error instanceof OtherStoreError) return refusedStore('MONGODB_URI', uri, error);
  const isUnusable = error instanceof mongo.MongoParseError || error instanceof mongo.MongoInvalidArgumentError;
  return isUnusable ? refusedSetting('MONGODB_URI', uri, 'options that the driver knows') : undefined;
}
