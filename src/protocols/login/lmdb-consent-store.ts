import type { GrantedResource } from '../../domain/apis/granted-audience';
import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import { nameComponent } from '../../platform/storage/index-name';
import {
  type Consent,
  consentLifetime,
  type ConsentQuery,
  ConsentStore,
  consentsListedAtMost,
  holds,
} from './consent-store';

const batch = 500;
/** Begin the names of the index: consents by subject, and by client. */
const ofSubject = 's ';
const ofClient = 'c ';

type ConsentRecord = Consent & { readonly expiresAt: number };

export class LmdbConsentStore extends ConsentStore {
  private readonly consents: LmdbTable<ConsentRecord>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.consents = database.table('consents', namesOf);
  }

  async allow(consent: Consent): Promise<void> {
    const key = keyOf(consent.sub, consent.clientId);
    await this.database.write(() => {
      const { scope = [], resources = [] } = this.consents.get(key) ?? {};
      this.consents.put(key, {
        ...consent,
        scope: union(scope, consent.scope),
        resources: widened(resources, consent.resources),
        expiresAt: consent.createdAt + consentLifetime * 1000,
      });
    });
  }

  async find(sub: string, clientId: string, now: number): Promise<Consent | undefined> {
    const record = this.consents.getFresh(keyOf(sub, clientId));
    return record !== undefined && holds(record, now) ? fromRecord(record) : undefined;
  }

  async list(sub: string, now: number): Promise<Consent[]> {
    const places = this.consents.indexedFresh(`${ofSubject}${nameComponent(sub)}`, consentsListedAtMost);
    return places.flatMap(({ key }) => {
      const record = this.consents.get(key);
      return record !== undefined && holds(record, now) ? fromRecord(record) : [];
    });
  }

  async removeAll({ sub, clientId }: ConsentQuery): Promise<void> {
    const name = sub === undefined ? `${ofClient}${nameComponent(clientId)}` : `${ofSubject}${nameComponent(sub)}`;
    const isMeant = (consent?: ConsentRecord) => clientId === undefined || consent?.clientId === clientId;
    for (let places = this.consents.indexedFresh(name, batch); places.length > 0;) {
      const last = places.at(-1);
      await this.database.write(() => {
        for (const { key } of places) if (isMeant(this.consents.get(key))) this.consents.remove(key);
      });
      places = this.consents.indexedFresh(name, batch, last);
    }
  }
}

function fromRecord({ sub, clientId, scope, resources, createdAt }: ConsentRecord): Consent {
  return { sub, clientId, scope, resources, createdAt };
}

function namesOf({ sub, clientId }: ConsentRecord): string[] {
  return [`${ofSubject}${nameComponent(sub)}`, `${ofClient}${nameComponent(clientId)}`];
}

/** Client ids hold no space, so no two pairs share a key. */
function keyOf(sub: string, clientId: string): string {
  return `${clientId} ${sub}`;
}

function widened(before: readonly GrantedResource[], added: readonly GrantedResource[]): GrantedResource[] {
  const scopes = new Map(before.map(({ identifier, scope }) => [identifier, scope]));
  for (const { identifier, scope } of added) scopes.set(identifier, union(scopes.get(identifier) ?? [], scope));
  return [...scopes].map(([identifier, scope]) => ({ identifier, scope }));
}

function union(before: readonly string[], added: readonly string[]): string[] {
  return [...new Set([...before, ...added])];
}
