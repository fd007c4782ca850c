import type { GrantedResource } from '../apis/granted-audience';
import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type Consent, ConsentStore } from './consent-store';

/** One of version 0.1 knows the scopes of this server alone. */
type ConsentRecord = Omit<Consent, 'resources'> & Partial<Pick<Consent, 'resources'>>;

export class LmdbConsentStore extends ConsentStore {
  private readonly consents: LmdbTable<ConsentRecord>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.consents = database.table('consents');
  }

  async allow(consent: Consent): Promise<void> {
    const key = keyOf(consent.sub, consent.clientId);
    await this.database.write(() => {
      const { scope = [], resources = [] } = this.consents.get(key) ?? {};
      this.consents.put(key, {
        ...consent,
        scope: union(scope, consent.scope),
        resources: widened(resources, consent.resources),
      });
    });
  }

  async find(sub: string, clientId: string): Promise<Consent | undefined> {
    const record = this.consents.getFresh(keyOf(sub, clientId));
    return record && { ...record, resources: record.resources ?? [] };
  }
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
