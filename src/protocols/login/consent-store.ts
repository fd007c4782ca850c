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

/** Which consents are meant: those that agree with every given field, of which there is one at least. */
export type ConsentQuery =
  | { readonly sub: string; readonly clientId?: string }
  | { readonly sub?: undefined; readonly clientId: string };

/** Seconds that a consent holds after it was given or last widened: an account that never comes back must not leave it for ever. */
export const consentLifetime = 365 * 24 * 3600;

/** More than one end-user will ever give: what is shown to a person must end somewhere. */
export const consentsListedAtMost = 10_000;

/** True at `now`, milliseconds since the epoch, when the consent holds. */
export function holds({ createdAt }: Pick<Consent, 'createdAt'>, now: number): boolean {
  return createdAt + consentLifetime * 1000 > now;
}

type ConsentRecord = z.infer<typeof consentRecordSchema>;

export const consentRecords: RecordType<ConsentRecord> = {
  name: 'consents',
  schema: consentRecordSchema,
  key: ({ sub, clientId }) => keyOf(sub, clientId),
  namesOf: ({ sub, clientId }) => [subjectName(sub), clientName(clientId)],
};

/** The consents of end-users to clients. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export class ConsentStore {
  private readonly consents: Records<ConsentRecord>;

  constructor(database: RecordDatabase) {
    this.consents = database.records(consentRecords);
  }

  /** Adds to what the same end-user has allowed the same client; of several at once none is lost. */
  async allow(added: Consent): Promise<void> {
    const key = keyOf(added.sub, added.clientId);
    const expiring = { ...added, expiresAt: added.createdAt + consentLifetime * 1000 };
    const widen = ({ scope, resources }: ConsentRecord) => ({
      ...expiring,
      scope: union(scope, added.scope),
      resources: widened(resources, added.resources),
    });
    if ((await this.consents.change({ key }, widen)) !== undefined || (await this.consents.add(expiring))) return;
    // Another one has begun it since.
    if ((await this.consents.change({ key }, widen)) === undefined) {
      throw new StoreUnavailableError('the record came and went');
    }
  }

  /** The consent, where it holds at `now`, milliseconds since the epoch. */
  async find(sub: string, clientId: string, now: number): Promise<Consent | undefined> {
    const found = await this.consents.find({ key: keyOf(sub, clientId) });
    return found !== undefined && holds(found, now) ? consentOf(found) : undefined;
  }

  /** The consents of the end-user that hold at `now`, up to `consentsListedAtMost`. */
  async list(sub: string, now: number): Promise<Consent[]> {
    const found = await this.consents.listNamed(subjectName(sub), consentsListedAtMost);
    return found.filter((each) => holds(each, now)).map(consentOf);
  }

  /** Forgets the consents of an end-user, to a client or to all, or everybody's to a client. */
  async removeAll({ sub, clientId }: ConsentQuery): Promise<void> {
    if (sub === undefined) await this.consents.removeNamed(clientName(clientId));
    else if (clientId === undefined) await this.consents.removeNamed(subjectName(sub));
    else await this.consents.remove({ key: keyOf(sub, clientId) });
  }
}

function consentOf({ expiresAt: _expiresAt, ...fields }: ConsentRecord): Consent {
  return fields;
}

/** Client ids hold no space, so no two pairs share a key. */
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
