import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuditTrail } from '../audit/audit-trail';
import { FormerRecords } from '../../domain/challenges/former-records';
import { GrantStore } from '../../domain/challenges/grant-store';
import { ClientStore } from '../../domain/clients/client-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config, refusedSetting } from '../../platform/config';
import { UserStore } from '../../domain/identity/user-store';
import { LOGGER } from '../../platform/logger';
import { ConsentStore } from '../../protocols/login/consent-store';
import { SessionStore } from '../../protocols/login/session-store';
import { StoreInspector } from '../../platform/storage/store-inspector';
import { KeyRing } from '../../domain/tokens/key-ring';

/** What every process does before it uses the store, each command line no less than the service. */
@Injectable()
export class StoreOpening {
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
    private readonly keys: KeyRing,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Brings the store into the form of this version; any number of processes may do it at once, and again.
   * Throws: ConfigError for a store of the other environment, for one whose keys cannot be decrypted, with nothing written
   * into either, and in production for demo records; StoreUnavailableError.
   */
  async open(): Promise<void> {
    // The database itself has asked for the environment, before it made anything.
    await this.inspector.ping();
    await this.keys.open();
    const moved = await this.formerRecords.migrate(this.clock.now());
    if (moved > 0) this.logger.info({ records: moved }, 'records of the version before became grants');
    const indexed = [this.clients, this.users, this.grants, this.sessions, this.consents];
    for (const each of indexed) await each.completeIndex();
    if (this.config.production) await this.refuseDemoRecords();
    this.trail.open();
  }

  private async refuseDemoRecords(): Promise<void> {
    const { mongodbUri, dataDir } = this.config;
    const isThere =
      (await this.users.hasDemoUsers()) || (await this.clients.hasDemoClients()) || (await this.keys.hasDemoKeys());
    if (!isThere) return;
    const allowed = 'in production a store without demo accounts or keys of a development start';
    throw mongodbUri === undefined
      ? refusedSetting('DATA_DIR', dataDir, allowed)
      : refusedSetting('MONGODB_URI', mongodbUri, allowed);
  }
}
