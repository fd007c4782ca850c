import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Connection, mongo } from 'mongoose';
import { type ConfigError, refusedSetting } from '../config';
import { type Environment, OtherStoreError, refusedStore } from './environment';
import { withStoreErrors } from './mongo-operation';
import { claimMongoEnvironment } from './mongo-environment';
import { MongoRecords } from './mongo-records';
import type { RecordType } from './record-schema';
import { RecordDatabase, type Records, type RecordsOptions } from './records';
import { StoreUnavailableError } from './store-unavailable.error';

const firstRetryMs = 250;
const longestRetryMs = 5_000;

/**
 * Connection options. Primary reads and majority writes, because a redemption must be visible to everyone at once; every wait
 * is bounded, so that a lost database leads to an error within seconds.
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
 * Connects, even if the server starts later, and creates the indexes in a store of this environment; after that the driver
 * reconnects by itself.
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
    await withStoreErrors(() => this.command({ ping: 1 }));
  }

  /** Rejects with driver errors, and with StoreUnavailableError before it is connected. */
  async command(command: mongo.Document): Promise<mongo.Document> {
    const { db } = this.connection;
    if (db === undefined) throw new StoreUnavailableError('not connected yet');
    return db.command(command);
  }

  /** Throws: Error when no model lists its type, and so nothing would create its indexes. */
  records<Value extends object>(type: RecordType<Value>, options?: RecordsOptions): Records<Value> {
    if (!this.connection.modelNames().includes(type.name)) throw new Error(`${type.name} has no mongoose model`);
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
        // With the options: mongoose drops them after a failed first attempt.
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

/** The error for an invalid URI, or a store of the other environment or form: waiting cannot fix these. */
export function refusalOf(error: unknown, uri: string): ConfigError | undefined {
  if (error instanceof OtherStoreError) return refusedStore('MONGODB_URI', uri, error);
  const isUnusable = error instanceof mongo.MongoParseError || error instanceof mongo.MongoInvalidArgumentError;
  return isUnusable ? refusedSetting('MONGODB_URI', uri, 'options that the driver knows') : undefined;
}
