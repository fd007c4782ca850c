import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { clientName, subjectName } from '../challenges/grant';
import { type Consent, type ConsentQuery, ConsentStore } from './consent-store';

const batch = 500;
/** More than one end-user will ever give: what is shown to a person must end somewhere. */
const listedAtMost = 10_000;
/** Begin the names of the index: consents by subject, and by client. */
const ofSubject = 's ';
const ofClient = 'c ';

export class LmdbConsentStore extends ConsentStore {
  private readonly consents: LmdbTable<Consent>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.consents = database.table('consents', namesOf);
  }

  async save(consent: Consent): Promise<void> {
    await this.database.write(() => this.consents.put(keyOf(consent.sub, consent.clientId), consent));
  }

  async find(sub: string, clientId: string): Promise<Consent | undefined> {
    return this.consents.getFresh(keyOf(sub, clientId));
  }

  async list(sub: string): Promise<Consent[]> {
    const places = this.consents.indexedFresh(`${ofSubject}${subjectName(sub)}`, listedAtMost);
    return places.flatMap(({ key }) => this.consents.get(key) ?? []);
  }

  async removeAll({ sub, clientId }: ConsentQuery): Promise<void> {
    const name = sub === undefined ? `${ofClient}${clientName(clientId)}` : `${ofSubject}${subjectName(sub)}`;
    const isMeant = (consent?: Consent) => clientId === undefined || consent?.clientId === clientId;
    for (let places = this.consents.indexedFresh(name, batch); places.length > 0;) {
      const last = places.at(-1);
      await this.database.write(() => {
        for (const { key } of places) if (isMeant(this.consents.get(key))) this.consents.remove(key);
      });
      places = this.consents.indexedFresh(name, batch, last);
    }
  }

  async completeIndex(): Promise<void> {
    await this.database.completeIndex(this.consents);
  }
}

function namesOf({ sub, clientId }: Consent): string[] {
  return [`${ofSubject}${subjectName(sub)}`, `${ofClient}${clientName(clientId)}`];
}

/** Client ids hold no space, so no two pairs share a key. */
function keyOf(sub: string, clientId: string): string {
  return `${clientId} ${sub}`;
}
