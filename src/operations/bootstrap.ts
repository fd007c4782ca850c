import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { DemoSeed } from './demo-seed';
import { CONFIG, type Config, ConfigError } from '../config';
import { LOGGER } from '../logger';
import { FormerRecords } from '../challenges/former-records';
import { GrantStore } from '../challenges/grant-store';
import { ClientStore } from '../clients/client-store';
import { UserStore } from '../identity/user-store';
import { Clock } from '../clock';
import { ConsentStore } from '../login/consent-store';
import { SessionStore } from '../login/session-store';
import { StoreInspector } from '../storage/store-inspector';
import { StoreUnavailableError } from '../storage/store-unavailable.error';
import { KeyRing } from '../tokens/key-ring';

const retryMs = 500;

/** Makes the store ready to serve: refuses demo data in production, seeds it in development, makes the signing keys. */
@Injectable()
export class Bootstrap implements OnApplicationShutdown {
  private done = false;
  private closing = false;
  /** Settles when the store is ready, or was refused. */
  finished: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly inspector: StoreInspector,
    private readonly formerRecords: FormerRecords,
    private readonly clients: ClientStore,
    private readonly users: UserStore,
    private readonly grants: GrantStore,
    private readonly sessions: SessionStore,
    private readonly consents: ConsentStore,
    private readonly seed: DemoSeed,
    private readonly keys: KeyRing,
  ) {}

  /** Prepares the store, or, when it does not answer, goes on trying in the background. Throws: {@link ConfigError}. */
  async begin(): Promise<void> {
    try {
      await this.prepare();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.finished = this.keepTrying();
      // The process that owns the service decides what a refusal means; see main.ts.
      this.finished.catch(() => {});
    }
  }

  /** Rejects with StoreUnavailableError until the store answers and is prepared. */
  async assertReady(): Promise<void> {
    await this.inspector.ping();
    if (!this.done) throw new StoreUnavailableError('not prepared yet');
  }

  onApplicationShutdown(): void {
    this.closing = true;
  }

  private async keepTrying(): Promise<void> {
    while (!this.closing) {
      await delay(retryMs);
      try {
        return await this.prepare();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
      }
    }
  }

  private async prepare(): Promise<void> {
    await this.inspector.ping();
    const moved = await this.formerRecords.migrate(this.clock.now());
    if (moved > 0) this.logger.info({ records: moved }, 'records of the version before became grants');
    const indexed = [this.clients, this.users, this.grants, this.sessions, this.consents];
    for (const each of indexed) await each.completeIndex();
    if (this.config.production) await this.refuseDemoData();
    // At once: a hash of Argon2 and a key of RSA take a tenth of a second each, on a thread of their own.
    await Promise.all([this.config.production ? undefined : this.seed.save(), this.keys.ensure()]);
    this.done = true;
    this.logger.info('store ready');
  }

  private async refuseDemoData(): Promise<void> {
    if ((await this.seed.isThere()) || (await this.keys.hasDemoKeys())) {
      const setting = this.config.mongodbUri === undefined ? 'DATA_DIR' : 'MONGODB_URI';
      throw new ConfigError(
        `${setting}: the store holds demo accounts or keys of a development start; allowed in production: a store without them`,
      );
    }
  }
}
