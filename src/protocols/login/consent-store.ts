import * as z from 'zod';
import { type GrantedResource, grantedResourceSchema } from '../../domain/apis/granted-audience';
import { list, record, type RecordType, time } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';

/** What an end-user has allowed a third-party client. */
export type Consent = z.infer<typeof consentSchema>;

const consent = {
  sub: z.string(),
  clientId: z.string(),
  /** Scopes of this server. */
  scope: list(z.string()),
  /** APIs, and their scopes. */
  resources: list(grantedResourceSchema),
  /** When it was given or last widened; milliseconds since the epoch. */
  createdAt: time,
};
const consentSchema = record(consent);
const consentRecordSchema = record({ ...consent, expiresAt: time });

/** Selects the consents that equal every given field; at least one field is given. */
export type ConsentQuery =
  | { readonly sub: string; readonly clientId?: string }
  | { readonly sub?: undefined; readonly clientId: string };

/** Seconds that a consent is valid after it was given or last widened: an abandoned account must not leave it for ever. */
export const consentLifetime = 365 * 24 * 3600;

/** More than one end-user will ever give; bounds what a page shows. */
export const consentsListedAtMost = 10_000;

/** True when the consent is valid at `now`, in milliseconds since the epoch. */
export function isValid({ createdAt }: Pick<Consent, 'createdAt'>, now: number): boolean {
  return createdAt + consentLifetime * 1000 > now;
}

type ConsentRecord = z.infer<typeof consentRecordSchema>;

export const consentRecords: RecordType<ConsentRecord> = {
  name: 'consents',
  schema: consentRecordSchema,
  key: ({ sub, clientId }) => keyOf(sub, clientId),
  namesOf: ({ sub, clientId }) => [subjectName(sub), clientName(clientId)],
};

/**
 * The consents of end-users to clients. Every method rejects with StoreUnavailableError when the database does not answer in
 * time.
 */
export class ConsentStore {
  private readonly consents: Records<ConsentRecord>;

  constructor(database: RecordDatabase) {
    this.consents = database.records(consentRecords);
  }

  /** Adds to the consent of this end-user to this client; no concurrent addition is lost. */
  async allow(added: Consent): Promise<void> {
    const key = keyOf(added.sub, added.clientId);
    const expiring = { ...added, expiresAt: added.createdAt + consentLifetime * 1000 };
    const widen = ({ scope, resources }: ConsentRecord) => ({
      ...expiring,
      scope: union(scope, added.scope),
      resources: widened(resources, added.resources),
    });
    if ((await this.consents.change({ key }, widen)) !== undefined || (await this.consents.add(expiring))) return;
    // A concurrent request has created it meanwhile.
    if ((await this.consents.change({ key }, widen)) === undefined) {
      throw new StoreUnavailableError('the record came and went');
    }
  }

  /** The consent, if it is valid at `now`, in milliseconds since the epoch. */
  async find(sub: string, clientId: string, now: number): Promise<Consent | undefined> {
    const found = await this.consents.find({ key: keyOf(sub, clientId) });
    return found !== undefined && isValid(found, now) ? consentOf(found) : undefined;
  }

  /** The end-user's consents that are valid at `now`, at most `consentsListedAtMost`. */
  async list(sub: string, now: number): Promise<Consent[]> {
    const found = await this.consents.listNamed(subjectName(sub), consentsListedAtMost);
    return found.filter((each) => isValid(each, now)).map(consentOf);
  }

  /** Removes an end-user's consents, to one client or to all, or all consents to a client. */
  async removeAll({ sub, clientId }: ConsentQuery): Promise<void> {
    if (sub === undefined) await this.consents.removeNamed(clientName(clientId));
    else if (clientId === undefined) await this.consents.removeNamed(subjectName(sub));
    else await this.consents.remove({ key: keyOf(sub, clientId) });
  }
}

function consentOf({ expiresAt: _expiresAt, ...fields }: ConsentRecord): Consent {
  return fields;
}

/** A client id contains no space, so no two pairs share a key. */
function keyOf(sub: string, clientId: string): string {
  return `${clientId} ${sub}`;
}

function subjectName(sub: string): string {
  return `s ${sub}`;
}

function clientName(clientId: string): string {
  return `c ${clientId}`;
}

function widened(before: readonly GrantedResource[], added: readonly GrantedResource[]): GrantedResource[] {
  const scopes = new Map(before.map(({ identifier, scope }) => [identifier, scope]));
  for (const { identifier, scope } of added) scopes.set(identifier, union(scopes.get(identifier) ?? [], scope));
  return [...scopes].map(([identifier, scope]) => ({ identifier, scope }));
}

function union(before: readonly string[], added: readonly string[]): string[] {
  return [...new Set([...before, ...added])];
}
