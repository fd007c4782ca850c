import { beforeAll, describe, expect, it } from '@jest/globals';
import { hashSecret } from '../../../src/domain/credentials/secret.ts';
import { registerApi, registerClient } from '../../../test/support/clients/registered.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { basicCredentials } from '../src/basic-credentials.ts';
import { introspection } from '../src/server/index.ts';
import { caught } from './support/caught.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';

/** What form encoding changes: a space, the separator of Basic, those that escapes are made of, and more than ASCII. */
const id = 'my site: 50% + é=%3A';
const secret = 'a secret: 100% + ü&%20€';

describe('basicCredentials', () => {
  it.each([
    // The example of RFC 6749 appendix B.
    [' %&+£€', '+%25%26%2B%C2%A3%E2%82%AC'],
    ['a:b=c', 'a%3Ab%3Dc'],
    ["*-._!~'()", '*-._%21%7E%27%28%29'],
    ['azAZ09', 'azAZ09'],
  ])('given %j, when it is either half, then it is %s there', (text, encoded) => {
    expect(decoded(basicCredentials(text, 'x'))).toBe(`${encoded}:x`);
    expect(decoded(basicCredentials('x', text))).toBe(`x:${encoded}`);
  });
});

describe('credentials of characters that are encoded', () => {
  const service = fixture(startService);
  const follow = endUser(service);
  beforeAll(async () => {
    const secrets = [{ hash: hashSecret(secret) }];
    await registerClient(service, { clientId: id, authentication: 'client_secret', secrets });
    await registerApi(service, { id: `API ${id}`, identifier: 'https://api.example/v1', secrets });
  });

  const clientWith = (clientSecret: string) =>
    clientOf(service, {
      clientId: id,
      clientSecret,
      scope: 'openid offline_access',
      resource: 'https://api.example/v1',
      browser: follow,
    });

  it('given a client, when it logs in, refreshes and revokes, then the service knows it each time', async () => {
    const client = clientWith(secret);

    const finished = await client.login();
    const fresh = await client.refresh();
    await client.revoke();

    expect(finished?.tokens.claims).toMatchObject({ sub: 'user0', aud: id });
    expect(fresh.accessToken).not.toBe(finished?.tokens.accessToken);
    expect(await client.tokens()).toBeUndefined();
  });

  it('given an API, when it asks about a token, then the service knows it', async () => {
    const finished = await clientWith(secret).login();
    const introspect = introspection({ issuer: service.url, clientId: `API ${id}`, clientSecret: secret });

    const answer = await introspect(finished?.tokens.accessToken ?? '');

    expect(answer).toMatchObject({ active: true, sub: 'user0', client_id: id });
  });

  it.each([
    ['with an escape read', 'a secret: 100% + ü& €'],
    ['with a space for its plus', 'a secret: 100%   ü&%20€'],
  ])('given the secret %s, when the client logs in, then it is another secret', async (_, other) => {
    const error = await caught(clientWith(other).login());

    expect(error.code).toBe('invalid_client');
  });
});

function decoded(header: string): string {
  return Buffer.from(header.replace(/^Basic /, ''), 'base64').toString();
}
