import type { Api } from '../../../domain/apis/api';
import type { ApiStore } from '../../../domain/apis/api-store';
import type { Client } from '../../../domain/clients/client';
import type { ClientStore } from '../../../domain/clients/client-store';
import { canonicalResource } from '../../../domain/clients/resource-identifier';
import type { DesiredState, Entry } from './desired-state';
import { FileError } from './file-error';

/** Clients and APIs that an earlier file named and this one does not. */
export interface FormerRecords {
  readonly clients: readonly Client[];
  readonly apis: readonly Api[];
}

export async function formerRecords(
  { clients, apis }: DesiredState,
  clientStore: ClientStore,
  apiStore: ApiStore,
): Promise<FormerRecords> {
  const clientIds = namesIn(clients, 'client_id');
  const identifiers = new Set([...namesIn(apis, 'identifier')].map((name) => canonicalResource(name)));
  const managed = await clientStore.listManaged();
  const all = await apiStore.list();
  return {
    clients: managed.filter(({ clientId }) => !clientIds.has(clientId)),
    apis: all.filter((api) => api.managed === true && !identifiers.has(canonicalResource(api.identifier))),
  };
}

/**
 * Throws: {@link FileError} when a client that stays, and that the file does not name, has one of the APIs as its default
 * resource.
 */
export async function assertDispensable(
  { apis }: FormerRecords,
  { clients }: DesiredState,
  clientStore: ClientStore,
): Promise<void> {
  const clientIds = namesIn(clients, 'client_id');
  for (const { identifier } of apis) {
    const users = await clientStore.listWithDefaultResource(canonicalResource(identifier) ?? identifier);
    const user = users.find(({ clientId, managed }) => managed !== true && !clientIds.has(clientId));
    if (user === undefined) continue;
    const client = `client ${user.clientId}, which no file names`;
    throw new FileError(1, `api ${identifier} cannot be removed: it is the default_resource of ${client}`);
  }
}

function namesIn(entries: readonly Entry[], field: string): Set<string> {
  return new Set(entries.map(({ record }) => record[field]).filter((name) => typeof name === 'string'));
}
