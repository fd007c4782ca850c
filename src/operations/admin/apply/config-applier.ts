import { commandLine } from '../../../domain/operators/operators';
import type { Api } from '../../../domain/apis/api';
import type { ApiStore } from '../../../domain/apis/api-store';
import { canonicalResource } from '../../../domain/clients/resource-identifier';
import type { ClientStore } from '../../../domain/clients/client-store';
import { passwordMatches } from '../../../domain/credentials/password';
import { hashSecret } from '../../../domain/credentials/secret';
import type { Events } from '../../../domain/events/events';
import { passwordVersionOf, type User, type UserStore } from '../../../domain/identity/user-store';
import { canonicalUsername } from '../../../domain/identity/username';
import { FieldError } from '../../../platform/fields/field-error';
import { readApi, valuesOfApi } from '../api-fields';
import { type AdminApis, changedApi } from '../apis';
import { clientFields, clientIdAllowed, isClientId, metadataOf } from '../../../domain/clients/client-metadata';
import { type AdminClients, changedClient, readNewClient } from '../clients';
import { allowedIn, type JsonObject } from '../../../platform/fields/fields';
import { readUser, valuesOfUser } from '../user-fields';
import type { AdminUsers } from '../users';
import { type DesiredState, type Entry, readDesiredState } from './desired-state';
import { FileError } from './file-error';
import { assertDispensable, type FormerRecords, formerRecords } from './former-records';

/** A record, as files name it. */
export interface Named {
  readonly kind: 'api' | 'client' | 'user';
  /** The identifier, client_id or username. */
  readonly name: string;
}

/** A difference between the store and the file. */
export interface Change extends Named {
  readonly action: 'added' | 'changed' | 'removed';
  /** Names of the changed fields; `managed`: it was made by hand and belongs to files from now on. */
  readonly fields: readonly string[];
}

/** Credentials of an added client, which are shown only here. */
export interface Applied {
  readonly client_secret?: string;
}

/** A change and how to apply it. */
export interface Step extends Change {
  run(events: Events): Promise<Applied>;
}

export interface Plan {
  /** In the order in which they must be applied. */
  readonly steps: readonly Step[];
  /** What an earlier file named, this one does not, and none of the steps removes. */
  readonly prunable: readonly Named[];
}

/**
 * Brings APIs, clients and users to the state in a file. Fields that the file does not name stay, and so do records, but for those
 * of an earlier file if they are pruned; a field set to null is removed. Every method may throw StoreUnavailableError.
 */
export class ConfigApplier {
  constructor(
    private readonly clientStore: ClientStore,
    private readonly apiStore: ApiStore,
    private readonly userStore: UserStore,
    private readonly clients: AdminClients,
    private readonly apis: AdminApis,
    private readonly users: AdminUsers,
  ) {}

  /**
   * The changes; `prunes`: with the removals of APIs and clients that an earlier file named. The whole file is checked first, and
   * nothing is written. Throws: {@link FileError}.
   */
  async plan(text: string, prunes = false): Promise<Plan> {
    const desired = readDesiredState(text);
    assertOnce(desired.apis, 'identifier', canonicalResource);
    assertOnce(desired.clients, 'client_id', (id) => id);
    assertOnce(desired.users, 'username', canonicalUsername);
    const former = await formerRecords(desired, this.clientStore, this.apiStore);
    if (prunes) await assertDispensable(former, desired, this.clientStore);
    const gone = prunes ? former.apis : [];
    const steps: (Step | undefined)[] = [];
    for (const entry of desired.apis) steps.push(await located(entry, () => this.api(entry.record)));
    for (const entry of desired.clients)
      steps.push(await located(entry, () => this.client(entry.record, desired, gone)));
    for (const entry of desired.users) steps.push(await located(entry, () => this.user(entry.record)));
    const changes = steps.filter((step) => step !== undefined);
    const removals = this.removals(former);
    if (prunes) return { steps: [...changes, ...removals], prunable: [] };
    return { steps: changes, prunable: removals.map(({ kind, name }) => ({ kind, name })) };
  }

  /** The clients first: they may have the APIs as their default resource. */
  private removals({ clients, apis }: FormerRecords): Step[] {
    const common = { action: 'removed', fields: [] } as const;
    return [
      ...clients.map(({ clientId }): Step => {
        const run = async (events: Events) => nothing(await this.clients.prune(clientId, events));
        return { ...common, kind: 'client', name: clientId, run };
      }),
      ...apis.map(({ id, identifier }): Step => {
        const run = async (events: Events) => nothing(await this.apis.remove(id, events));
        return { ...common, kind: 'api', name: identifier, run };
      }),
    ];
  }

  private async api(record: JsonObject): Promise<Step | undefined> {
    const { identifier } = record;
    if (typeof identifier === 'string' && this.apis.isIssuer(identifier)) {
      throw new FieldError('identifier', 'any but the issuer, which is this server');
    }
    const before = typeof identifier === 'string' ? await this.apiStore.findByIdentifier(identifier) : undefined;
    if (before === undefined) {
      const values = readApi(record);
      const run = async (events: Events) => nothing(await this.apis.add(record, events, true));
      return { kind: 'api', name: String(values.identifier), action: 'added', fields: Object.keys(record), run };
    }
    // Another spelling of the identifier names the same API.
    const patch = { ...record, identifier: before.identifier };
    const fields = [...differences(valuesOfApi(before), valuesOfApi(changedApi(before, patch))), ...adoption(before)];
    const run = async (events: Events) => nothing(await this.apis.change(before.id, patch, events, managed));
    return changed({ kind: 'api', name: before.identifier, action: 'changed', fields, run });
  }

  private async client(record: JsonObject, desired: DesiredState, gone: readonly Api[]): Promise<Step | undefined> {
    const { client_id: clientId } = record;
    // A generated id would add another client each time; a URL's client is what its metadata document says.
    if (typeof clientId !== 'string' || !isClientId(clientId)) throw new FieldError('client_id', clientIdAllowed);
    await this.assertResource(record, desired);
    const before = await this.clientStore.find(clientId);
    const after = before === undefined ? readNewClient(record).metadata : metadataOf(changedClient(before, record));
    if (gone.some(({ identifier }) => canonicalResource(identifier) === after.default_resource)) throw resourceError();
    if (before === undefined) {
      const run = async (events: Events) => {
        const { client_secret: secret } = await this.clients.add(record, events, true);
        return secret === undefined ? {} : { client_secret: secret };
      };
      return { kind: 'client', name: clientId, action: 'added', fields: Object.keys(record), run };
    }
    const fields = [...differences(metadataOf(before), after), ...adoption(before)];
    const run = async (events: Events) => nothing(await this.clients.change(clientId, record, events, managed));
    return changed({ kind: 'client', name: clientId, action: 'changed', fields, run });
  }

  private async user(record: JsonObject): Promise<Step | undefined> {
    const { username } = record;
    const before = typeof username === 'string' ? await this.userStore.findByUsername(username) : undefined;
    if (before === undefined) {
      const values = readUser(record);
      const run = async (events: Events) => nothing(await this.users.add(record, events, true));
      return { kind: 'user', name: String(values.username), action: 'added', fields: Object.keys(record), run };
    }
    const values = readUser(record, before);
    const patch = await withoutSamePassword(before, record);
    const credentials = ['password', 'password_hash'].filter((name) => typeof patch[name] === 'string');
    const { password: _password, password_hash: _hash, ...rest } = values;
    // The rest of an interrupted run, which no field shows.
    const unended = before.endingDue === undefined ? [] : ['sessions', 'grants'];
    const fields = [...differences(valuesOfUser(before), rest), ...credentials, ...unended, ...adoption(before)];
    const options = { ...managed, by: commandLine() };
    const run = async (events: Events) => nothing(await this.users.change(before.id, patch, events, options));
    return changed({ kind: 'user', name: before.username, action: 'changed', fields, run });
  }

  /** The same file may add the API. */
  private async assertResource({ default_resource: resource }: JsonObject, { apis }: DesiredState): Promise<void> {
    if (typeof resource !== 'string') return;
    const wanted = canonicalResource(resource);
    const isWanted = apis.some(({ record }) => wanted !== undefined && canonicalOf(record['identifier']) === wanted);
    if (isWanted || (await this.apiStore.findByIdentifier(resource)) !== undefined) return;
    throw resourceError();
  }
}

const managed = { managed: true } as const;

/** Fields of a record that was made by hand: it becomes managed. */
function adoption({ managed: isManaged }: { readonly managed?: boolean }): string[] {
  return isManaged === true ? [] : ['managed'];
}

function resourceError(): FieldError {
  return new FieldError('default_resource', allowedIn(clientFields.default_resource));
}

/** Adds the position in the file to an error. */
async function located<Result>(entry: Entry, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FieldError ? new FileError(entry.lineOf(error.field), error.message) : error;
  }
}

/** Throws: {@link FileError} when two entries name the same record. */
function assertOnce(entries: readonly Entry[], field: string, canonical: (name: string) => string | undefined): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    const value = entry.record[field];
    const name = typeof value === 'string' ? canonical(value) : undefined;
    if (name === undefined) continue;
    if (seen.has(name)) throw new FileError(entry.lineOf(field), `${field} is in the file before`);
    seen.add(name);
  }
}

function canonicalOf(identifier: unknown): string | undefined {
  return typeof identifier === 'string' ? canonicalResource(identifier) : undefined;
}

/** Names of the differing fields. */
function differences(before: object, after: object): string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names.filter((name) => !isSame(old.get(name), now.get(name)));
}

/** An absent switch equals false. */
function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(before ?? false) === JSON.stringify(after ?? false);
}

/** For a change without credentials. */
function nothing(_done: unknown): Applied {
  return {};
}

function changed(step: Step): Step | undefined {
  return step.fields.length === 0 ? undefined : step;
}

/** Setting the password that the user already has would end the user's sessions each time. */
async function withoutSamePassword(user: User, record: JsonObject): Promise<JsonObject> {
  const { password, password_hash: passwordHash, ...rest } = record;
  const isSameHash = typeof passwordHash === 'string' && hashSecret(passwordHash) === passwordVersionOf(user);
  const isOtherHash = passwordHash !== undefined && !isSameHash;
  const isOther = typeof password === 'string' && !(await passwordMatches(user.passwordHash, password));
  return { ...rest, ...(isOther && { password }), ...(isOtherHash && { password_hash: passwordHash }) };
}
