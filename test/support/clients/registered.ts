import type { Api } from '../../../src/domain/apis/api';
import { ApiStore } from '../../../src/domain/apis/api-store';
import type { Client } from '../../../src/domain/clients/client';
import { ClientStore } from '../../../src/domain/clients/client-store';
import { newId } from '../../../src/domain/credentials/secret';
import type { TestService } from '../service/service';

/** Registers an API with an identifier of its own. */
export async function registerApi({ app }: Pick<TestService, 'app'>, changes: Partial<Api> = {}): Promise<Api> {
  const id = newId();
  const api: Api = {
    id,
    identifier: `https://${id.toLowerCase().replace(/\W/g, 'x')}.example/v1`,
    name: 'Notes',
    scopes: [
      { name: 'notes:read', description: 'Read your notes' },
      { name: 'notes:write', description: 'Write notes for you' },
    ],
    allowRegisteredClients: false,
    ...changes,
  };
  if (!(await app.get(ApiStore).add(api))) throw new Error('the identifier is taken');
  return api;
}

/** Registers a public first-party client that may have every scope of this server and of {@link registerApi}. */
export async function registerClient(
  { app }: Pick<TestService, 'app'>,
  changes: Partial<Client> = {},
): Promise<Client> {
  const client: Client = {
    clientId: newId(),
    name: 'A client',
    authentication: 'none',
    redirectUris: ['http://127.0.0.1/callback'],
    firstParty: true,
    scopes: ['openid', 'profile', 'email', 'offline_access', 'notes:read', 'notes:write'],
    idTokenAlgorithm: 'RS256',
    demo: false,
    ...changes,
  };
  await app.get(ClientStore).save(client);
  return client;
}
