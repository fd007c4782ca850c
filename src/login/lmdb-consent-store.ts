import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type Consent, ConsentStore } from './consent-store';

export class LmdbConsentStore extends ConsentStore {
  private readonly consents: LmdbTable<Consent>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.consents = database.table('consents');
  }

  async save(consent: Consent): Promise<void> {
    await this.database.write(() => this.consents.put(keyOf(consent.sub, consent.clientId), consent));
  }

  async find(sub: string, clientId: string): Promise<Consent | undefined> {
    return this.consents.getFresh(keyOf(sub, clientId));
  }
}

/** Client ids hold no space, so no two pairs share a key. */
function keyOf(sub: string, clientId: string): string {
  return `${clientId} ${sub}`;
}
