import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { MailDelivery } from '../../domain/mail/mail-delivery';
import { SignUps } from '../../protocols/login/sign-up/sign-ups';
import { AuditUpkeep } from '../audit/audit-upkeep';
import { DemoSeed } from './demo-seed';
import { CONFIG, type Config } from '../../platform/config';
import { LOGGER } from '../../platform/logger';
import { StoreInspector } from '../../platform/storage/store-inspector';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import { KeyRing } from '../../domain/tokens/key-ring';
import { ClientLabels } from '../metrics/metrics-clients';
import { StoreOpening } from './store-opening';

const retryMs = 500;

/** Makes the store ready: opens it, seeds it in development, and generates the signing keys. */
@Injectable()
export class Bootstrap implements OnApplicationShutdown {
  private done = false;
  private closing = false;
  /** Settles when the store is ready, or was refused. */
  finished: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly inspector: StoreInspector,
    private readonly opening: StoreOpening,
    private readonly seed: DemoSeed,
    private readonly keys: KeyRing,
    private readonly clientLabels: ClientLabels,
    private readonly upkeep: AuditUpkeep,
    private readonly mails: MailDelivery,
    private readonly signUps: SignUps,
  ) {}

  /** Prepares the store; if it does not answer, retries in the background. Throws: ConfigError. */
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

  /** Whether the store is prepared; before that nothing may be written, because it may belong to others. */
  get isPrepared(): boolean {
    return this.done;
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
    await this.opening.open();
    // In parallel: an Argon2 hash and an RSA key take a tenth of a second each, on threads of their own.
    const [, plain] = await Promise.all([this.config.production ? undefined : this.seed.save(), this.keys.ensure()]);
    if (plain > 0) this.logger.warn({ keys: plain }, 'signing keys were not encrypted until now: rotate them');
    await this.clientLabels.nameFirst();
    this.done = true;
    this.upkeep.begin();
    this.mails.begin();
    this.signUps.begin();
    this.logger.info('store ready');
  }
}
