import { describe, expect, it } from '@jest/globals';
import { hashSecret } from '../credentials/secret';
import { type Client, clientOf } from './client';
import { secretMatches } from './client-secrets';

const client: Client = {
  clientId: 'a client',
  name: 'A client',
  authentication: 'client_secret',
  redirectUris: [],
  firstParty: true,
  scopes: ['openid'],
  idTokenAlgorithm: 'RS256',
  demo: false,
};

describe('the client of a record', () => {
  it('given a record of version 0.1, when it is read, then its one secret is the first of its secrets', () => {
    const read = clientOf({ ...client, secretHash: hashSecret('demo-secret') });

    expect(read).toStrictEqual({ ...client, secrets: [{ hash: hashSecret('demo-secret') }] });
    expect(secretMatches(read, 'demo-secret', 0)).toBe(true);
  });

  it('given a record of today, when it is read, then it is the client', () => {
    expect(clientOf(client)).toStrictEqual(client);
  });
});
