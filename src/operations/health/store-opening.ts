import { Inject, Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail';
import { ClientStore } from '../../domain/clients/client-store';
import { CONFIG, type Config, refusedSetting } from '../../platform/config';
import { RpIdStore } from '../../domain/identity/rp-id-store';
import { UserStore } from '../../domain/identity/user-store';
import { StoreInspector } from '../../platform/storage/store-inspector';
import { KeyRing } from '../../domain/tokens/key-ring';

/** What every process, service or command line, does before it uses the store. */
@Injectable()
export class StoreOpening {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly inspector: StoreInspector,
    private readonly clients: ClientStore,
    private readonly users: UserStore,
    private readonly rpIds: RpIdStore,
    private readonly keys: KeyRing,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Decrypts the keys and opens the audit trail; idempotent, and safe in several processes at once. Throws: ConfigError for a
   * store of the other environment or form, with passkeys of another RP ID, or with undecryptable keys, with nothing written,
   * and in production for demo records; StoreUnavailableError.
   */
  async open(): Promise<void> {
    // The database itself has checked environment and form before it created anything.
    await this.inspector.ping();
    await this.refuseOtherRpId();
    await this.keys.open();
    if (this.config.production) await this.refuseDemoRecords();
    this.trail.open();
  }

  private async refuseOtherRpId(): Promise<void> {
    const kept = await this.rpIds.find();
    if (kept === undefined || kept === this.config.rpId) return;
    throw refusedSetting('RP_ID', this.config.rpId, `"${kept}", which the passkeys of this store are bound to`);
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
