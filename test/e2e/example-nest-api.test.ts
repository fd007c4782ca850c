import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endUser } from '../../packages/client/test/support/end-user';
import { newDpopKey } from '../support/clients/dpop';
import { type RunningExample, startExample } from '../support/clients/example';
import { freePort } from '../support/run/free-port';
import { codeFor, loggedIn, postToken, redemption } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore } from '../support/stores/stores';

describe('examples/nest-api', () => {
  const store = fixture(() => emptyStore('lmdb'));
  const service = fixture(() => startServiceOn(store));
  let example: RunningExample;
  let env: Readonly<Record<string, string>>;
  let notes: string;
  let metadataUrl: string;

  beforeAll(async () => {
    env = { ...store.env, ISSUER: service.url, PORT: String(await freePort()) };
    example = startExample('nest-api', [], env);
    [, notes = ''] = await example.written(/The API is (http:\S+)/);
    metadataUrl = `${new URL(notes).origin}/.well-known/oauth-protected-resource/notes`;
  });
  afterAll(() => example.stop());

  it('given a person who logs in, when their client asks, then it reads and writes their notes, and may not count everybody’s', async () => {
    const program = startExample('nest-api', [], env, 'person');
    const [, url = ''] = await program.written(/Open (\S+)/);
    const follow = endUser(service);
    await fetch(await follow(url));
    await program.exited;

    expect(program.output()).toMatch(/notes: \[ 'Written at /);
    expect(program.output()).toContain('403 DPoP error="insufficient_scope"');
    expect(program.output()).toContain('scope="notes:count"');
  });

  it('given a machine, when it asks as itself, then it counts, and may not read what people wrote', async () => {
    const program = startExample('nest-api', [], env, 'machine');
    await program.exited;

    expect(program.output()).toMatch(/^\{ count: \d+ \}\n403 Bearer error="insufficient_scope"/);
    expect(program.output()).toContain('scope="notes:read"');
    expect(program.output()).toContain(`resource_metadata="${metadataUrl}"`);
  });

  it('given no token, when the API is asked, then its challenge leads to its metadata, and that to the service', async () => {
    const response = await fetch(notes);
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '') ?? [];
    const metadata: unknown = await (await fetch(url)).json();

    expect([response.status, url]).toEqual([401, metadataUrl]);
    expect(metadata).toMatchObject({ resource: notes, authorization_servers: [service.url] });
  });

  it('given the person’s token, when somebody else shows it without its key, then it is refused; with a proof it is served', async () => {
    const key = await newDpopKey(Date);
    const client = { client_id: 'example-notes', scope: 'notes:read', resource: notes };
    const code = await codeFor(service, await loggedIn(service), client);
    const { body } = await postToken(service, redemption(code), {
      dpop: await key.proof({ url: `${service.url}/token` }),
    });
    const accessToken = String(body['access_token']);

    const stolen = await fetch(notes, { headers: { authorization: `Bearer ${accessToken}` } });
    const own = await fetch(notes, {
      headers: {
        authorization: `DPoP ${accessToken}`,
        dpop: await key.proof({ method: 'GET', url: notes, accessToken }),
      },
    });
    const forgetful = await postToken(service, redemption(await codeFor(service, await loggedIn(service), client)));

    expect([stolen.status, stolen.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^DPoP error="invalid_token"/),
    ]);
    expect(own.status).toBe(200);
    // The client is registered so: it gets no token that could be stolen.
    expect(forgetful.body).toMatchObject({ error: 'invalid_dpop_proof' });
  });
});
