import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeJwt } from 'jose';
import { ApiStore } from '../../src/domain/apis/api-store';
import type { Client } from '../../src/domain/clients/client';
import { newSecret } from '../../src/domain/credentials/secret';
import { s256 } from '../../src/domain/credentials/pkce';
import {
  askWith,
  authorizationQuery,
  type IssuedCode,
  locationOf,
  loggedIn,
  redeem,
  redirectUri,
  refresh,
} from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import type { Answer } from '../support/clients/wallet';
import { fewerRuns } from '../support/run/property-runs';

const everything = 'openid profile email offline_access notes:read notes:write';

const claimsOf = ({ body }: Answer) => decodeJwt(String(body['access_token']));
const refusalOf = ({ status, body }: Answer) => [status, body['error'], body['reason']];
const told = (answer: Answer) => ({ aud: claimsOf(answer).aud, scope: answer.body['scope'] });

describe.each(storesUnderTest)('the audience of access tokens on %s', (name) => {
  const service = fixture(() => startService(name));
  const browser = fixture(() => loggedIn(service));
  const notes = fixture(() => registerApi(service));
  const files = fixture(() =>
    registerApi(service, {
      name: 'Files',
      scopes: [{ name: 'notes:read', description: 'Read the notes in your files' }],
      accessTokenLifetime: 42,
    }),
  );
  const client = fixture(() => registerClient(service));

  /** Where an authorization request ends, with any number of resources. */
  async function authorize(
    by: Client,
    scope: string | undefined,
    resources: readonly string[] = [],
    verifier = newSecret(),
  ) {
    const query = authorizationQuery({ client_id: by.clientId, scope, code_challenge: s256(verifier) });
    for (const resource of resources) query.append('resource', resource);
    const answer = locationOf(await browser.fetch(`/authorize?${query}`), service).searchParams;
    return { answer, verifier };
  }

  async function codeOf(by: Client, scope: string | undefined, resources: readonly string[] = []): Promise<IssuedCode> {
    const { answer, verifier } = await authorize(by, scope, resources);
    const code = answer.get('code');
    if (code === null) throw new Error(`no code: ${answer.get('error')}`);
    return { code, verifier, clientId: by.clientId, redirectUri, state: '' };
  }

  const refreshOf = (token: unknown, by: Client, changes = {}) =>
    refresh(service, token, { client_id: by.clientId, ...changes });

  describe('with no resource', () => {
    it('given a client without a default API, when it logs in, then its token is for this server, without the scopes of APIs', async () => {
      const answer = await redeem(service, await codeOf(client, everything));

      expect(told(answer)).toEqual({ aud: service.url, scope: 'openid profile email offline_access' });
      expect(claimsOf(answer)['scope']).toBe(answer.body['scope']);
    });

    it('given a default API, when openid is granted, then the token is for both, and else for the API alone', async () => {
      const by = await registerClient(service, { defaultResource: notes.identifier });

      const both = await redeem(service, await codeOf(by, 'notes:read openid unknown'));
      const alone = await redeem(service, await codeOf(by, 'notes:read notes:write'));
      const none = await redeem(service, await codeOf(by, undefined));

      expect(told(both)).toEqual({ aud: [notes.identifier, service.url], scope: 'notes:read openid' });
      expect(told(alone)).toEqual({ aud: notes.identifier, scope: 'notes:read notes:write' });
      expect(told(none)).toEqual({ aud: notes.identifier, scope: '' });
      expect((await askWith(service, both.body['access_token'])).status).toBe(200);
      expect((await askWith(service, alone.body['access_token'])).status).toBe(401);
    });

    it('given a default API and a grant for both, when /token names one of them, then the token is for that one', async () => {
      const by = await registerClient(service, { defaultResource: notes.identifier });
      const scope = 'openid offline_access notes:read';

      const first = await redeem(service, await codeOf(by, scope), { resource: notes.identifier });
      const second = await refreshOf(first.body['refresh_token'], by, { resource: service.url });

      expect(told(first)).toEqual({ aud: notes.identifier, scope: 'notes:read' });
      expect(first.body).toHaveProperty('id_token');
      expect(told(second)).toEqual({ aud: service.url, scope: 'openid offline_access' });
    });

    it('given a default API that is gone, when the client asks, then it is told invalid_target', async () => {
      const gone = await registerApi(service);
      const by = await registerClient(service, { defaultResource: gone.identifier });
      await service.app.get(ApiStore).remove(gone.id);

      const { answer } = await authorize(by, 'openid');

      expect(answer.get('error')).toBe('invalid_target');
    });
  });

  describe('with resources', () => {
    it('given an API, when its token is asked for, then aud is that API, with its scopes alone, and we refuse it as a bearer', async () => {
      const answer = await redeem(service, await codeOf(client, everything, [notes.identifier]));

      expect(told(answer)).toEqual({ aud: notes.identifier, scope: 'notes:read notes:write' });
      expect(answer.body).toHaveProperty('id_token');
      expect(answer.body).toHaveProperty('refresh_token');
      for (const path of ['/api/me', '/userinfo']) {
        const refused = await askWith(service, answer.body['access_token'], path);
        expect([refused.status, await refused.json()]).toMatchObject([401, { reason: 'access_token_invalid' }]);
      }
    });

    it('given this server by name, with or without its slash, when it is asked for, then it is as if nothing was', async () => {
      const answers = await Promise.all(
        [[service.url], [`${service.url}/`], [service.url, `${service.url}/`]].map(async (resources) =>
          redeem(service, await codeOf(client, 'openid notes:read', resources)),
        ),
      );

      expect(answers.map(told)).toEqual(answers.map(() => ({ aud: service.url, scope: 'openid' })));
    });

    it('given several, when /token names none, then the token is for the first, and each refresh picks its own', async () => {
      const resources = [files.identifier, service.url, notes.identifier];

      const first = await redeem(service, await codeOf(client, everything, resources));
      const second = await refreshOf(first.body['refresh_token'], client, { resource: notes.identifier });
      const third = await refreshOf(second.body['refresh_token'], client, { resource: service.url });
      const fourth = await refreshOf(third.body['refresh_token'], client);

      expect([first, second, third, fourth].map(told)).toEqual([
        { aud: files.identifier, scope: 'notes:read' },
        { aud: notes.identifier, scope: 'notes:read notes:write' },
        { aud: service.url, scope: 'openid profile email offline_access' },
        { aud: files.identifier, scope: 'notes:read' },
      ]);
      expect(first.body['expires_in']).toBe(42);
      expect(second.body['expires_in']).toBe(900);
      const { iat = 0, exp } = claimsOf(first);
      expect(exp).toBe(iat + 42);
    });

    it('given an identifier with an empty path, when it is asked for with a slash, then aud is as it is registered', async () => {
      const { identifier } = await registerApi(service, { identifier: `https://slash-${name}.example` });

      const answer = await redeem(service, await codeOf(client, 'notes:read', [`${identifier}/`]), {
        resource: `${identifier}/`,
      });

      expect(told(answer)).toEqual({ aud: identifier, scope: 'notes:read' });
    });

    it('given a code for one API, when another one is named, then it is invalid_target, and the code stays usable', async () => {
      const code = await codeOf(client, 'notes:read', [notes.identifier]);

      const refused = [
        await redeem(service, code, { resource: files.identifier }),
        await redeem(service, code, { resource: service.url }),
        await redeem(service, code, { resource: 'nonsense' }),
      ];
      const wrongVerifier = await redeem(service, code, { resource: files.identifier, code_verifier: newSecret() });
      const answer = await redeem(service, code, { resource: notes.identifier });
      const again = await redeem(service, code, { resource: files.identifier });

      for (const each of refused) expect(refusalOf(each)).toEqual([400, 'invalid_target', 'resource_unknown']);
      expect(wrongVerifier.body['reason']).toBe('code_verifier_mismatch');
      expect(told(answer)).toEqual({ aud: notes.identifier, scope: 'notes:read' });
      expect(again.body['reason']).toBe('code_used');
    });

    it('given a refresh token for one API, when another one is named, then it is invalid_target, and the token stays usable', async () => {
      const first = await redeem(service, await codeOf(client, 'offline_access', [notes.identifier]));
      const token = first.body['refresh_token'];

      const refused = await refreshOf(token, client, { resource: files.identifier });
      const good = await refreshOf(token, client, { resource: notes.identifier });
      const repeated = await refreshOf(token, client, { resource: service.url });

      for (const each of [refused, repeated])
        expect(refusalOf(each)).toEqual([400, 'invalid_target', 'resource_unknown']);
      expect(good.status).toBe(200);
      expect((await refreshOf(good.body['refresh_token'], client)).status).toBe(200);
    });

    it('given two resources at /token, when a code or a refresh token is sent with them, then it is invalid_target and nothing is spent', async () => {
      const code = await codeOf(client, 'offline_access', [notes.identifier, files.identifier]);
      const twice = (fields: Record<string, string>) => {
        const body = new URLSearchParams({ client_id: client.clientId, ...fields });
        for (const { identifier } of [notes, files]) body.append('resource', identifier);
        return fetch(`${service.url}/token`, { method: 'POST', body });
      };

      const redemption = { code: code.code, redirect_uri: redirectUri, code_verifier: code.verifier };
      const first = await twice({ grant_type: 'authorization_code', ...redemption });
      const answer = await redeem(service, code);
      const refresh_token = String(answer.body['refresh_token']);
      const second = await twice({ grant_type: 'refresh_token', refresh_token });

      for (const refused of [first, second]) {
        expect(refused.status).toBe(400);
        expect(await refused.json()).toMatchObject({ error: 'invalid_target', reason: 'resource_repeated' });
      }
      expect(answer.status).toBe(200);
      expect((await refreshOf(refresh_token, client)).status).toBe(200);
    });

    it('given an API that gives up a scope, and then is removed, when its token is refreshed, then the scope is gone, and then the API', async () => {
      const api = await registerApi(service);
      const apis = service.app.get(ApiStore);
      const first = await redeem(service, await codeOf(client, everything, [api.identifier, notes.identifier]));

      await apis.change(api.id, (before) => ({
        ...before,
        scopes: before.scopes.slice(1).concat({ name: 'profile', description: 'Not ours to give' }),
      }));
      const fewer = await refreshOf(first.body['refresh_token'], client);
      await apis.remove(api.id);
      const named = await refreshOf(fewer.body['refresh_token'], client, { resource: api.identifier });
      const gone = await refreshOf(fewer.body['refresh_token'], client);
      const asked = await authorize(client, 'notes:read', [api.identifier]);

      expect(told(fewer)).toEqual({ aud: api.identifier, scope: 'notes:write' });
      expect(refusalOf(named)).toEqual([400, 'invalid_target', 'resource_unknown']);
      expect(told(gone)).toEqual({ aud: notes.identifier, scope: 'notes:read notes:write' });
      expect(asked.answer.get('error')).toBe('invalid_target');
    });

    it('given a grant whose only API is removed, when its token is refreshed, then it is invalid_target', async () => {
      const api = await registerApi(service);
      const first = await redeem(service, await codeOf(client, everything, [api.identifier]));
      await service.app.get(ApiStore).remove(api.id);

      const refused = await refreshOf(first.body['refresh_token'], client);

      expect(refusalOf(refused)).toEqual([400, 'invalid_target', 'resource_unregistered']);
    });

    it('given a scope that another API gets later, when its token is refreshed, then it has not been granted there', async () => {
      const late = await registerApi(service, { scopes: [] });
      const resources = [notes.identifier, late.identifier];
      const first = await redeem(service, await codeOf(client, 'offline_access notes:read', resources));

      const scopes = [{ name: 'notes:read', description: 'Read everything' }];
      await service.app.get(ApiStore).change(late.id, (before) => ({ ...before, scopes }));
      const later = await refreshOf(first.body['refresh_token'], client, { resource: late.identifier });

      expect(told(later)).toEqual({ aud: late.identifier, scope: '' });
    });

    it('given a grant of two APIs, when a refresh asks for a part of the scope, then the token has what its API has of it', async () => {
      const code = await codeOf(client, everything, [notes.identifier, files.identifier]);
      const first = await redeem(service, code);

      const narrow = await refreshOf(first.body['refresh_token'], client, { scope: 'notes:write openid more' });
      const other = await refreshOf(narrow.body['refresh_token'], client, {
        scope: 'notes:write notes:read',
        resource: files.identifier,
      });
      const login = await refreshOf(other.body['refresh_token'], client, {
        scope: 'openid',
        resource: files.identifier,
      });

      expect(told(narrow)).toEqual({ aud: notes.identifier, scope: 'notes:write' });
      expect(told(other)).toEqual({ aud: files.identifier, scope: 'notes:read' });
      expect(told(login)).toEqual({ aud: files.identifier, scope: '' });
      expect([other.body['id_token'], login.body['id_token']]).toEqual([undefined, expect.any(String)]);
    });

    it('given a scope of which the first API or the named one has nothing, when a refresh asks for it, then it is invalid_scope, and the token stays usable', async () => {
      const resources = [files.identifier, notes.identifier, service.url];
      const first = await redeem(service, await codeOf(client, everything, resources));
      const token = first.body['refresh_token'];

      const refused = [
        await refreshOf(token, client, { scope: 'notes:write' }),
        await refreshOf(token, client, { scope: 'notes:write', resource: files.identifier }),
        await refreshOf(token, client, { scope: 'notes:write notes:read', resource: service.url }),
        await refreshOf(token, client, { scope: 'more', resource: notes.identifier }),
      ];
      const good = await refreshOf(token, client, { scope: 'notes:write', resource: notes.identifier });
      const repeated = await refreshOf(token, client, { scope: 'notes:write' });
      const both = await refreshOf(good.body['refresh_token'], client, { scope: 'notes:read notes:write' });

      for (const each of [...refused, repeated])
        expect(refusalOf(each)).toEqual([400, 'invalid_scope', 'scope_exceeds_grant']);
      expect([good, both].map(told)).toEqual([
        { aud: notes.identifier, scope: 'notes:write' },
        { aud: files.identifier, scope: 'notes:read' },
      ]);
    });
  });

  describe('with scopes', () => {
    it.each([
      ['openid unknown', 'openid'],
      ['unknown openid openid', 'openid'],
      ['email profile', 'email profile'],
      [undefined, ''],
      ['   ', ''],
      [`openid ${'x'.repeat(4_000)}`, 'openid'],
      ['openid\u00a0profile openid', 'openid'],
      ['OPENID email', 'email'],
      ['__proto__ constructor email', 'email'],
    ])('given %j, when it is asked for, then %j is granted, and said in the answer', async (scope, granted) => {
      const answer = await redeem(service, await codeOf(client, scope));

      expect([answer.status, answer.body['scope'], claimsOf(answer)['scope']]).toEqual([200, granted, granted]);
    });

    it.each(['unknown', 'notes:read', 'notes:read unknown', '$ne', '__proto__', 'openid\0', 'a'.repeat(4_000)])(
      'given nothing but what cannot be had (%j), when it is asked for, then it is invalid_scope',
      async (scope) => {
        expect((await authorize(client, scope)).answer.get('error')).toBe('invalid_scope');
      },
    );

    it('given a client that may not have a scope, when it asks for it, then it is dropped, and alone it is invalid_scope', async () => {
      const by = await registerClient(service, { scopes: ['openid', 'notes:write'] });
      const at = [notes.identifier];

      const some = await redeem(service, await codeOf(by, everything, at));
      const none = await authorize(by, 'notes:read', at);

      expect(told(some)).toEqual({ aud: notes.identifier, scope: 'notes:write' });
      expect(some.body).not.toHaveProperty('refresh_token');
      expect(none.answer.get('error')).toBe('invalid_scope');
    });

    it('given scopes of APIs, when the metadata is read, then it lists them beside our own', async () => {
      const response = await fetch(`${service.url}/.well-known/openid-configuration`);

      const { scopes_supported: listed } = (await response.json()) as { scopes_supported: string[] };
      expect(listed).toEqual(expect.arrayContaining(everything.split(' ')));
      expect(new Set(listed).size).toBe(listed.length);
    });
  });

  describe('hostile resources', () => {
    it('given what only resembles an API or this server, when it is asked for, alone or beside a good one, then it is invalid_target', async () => {
      const { host } = new URL(service.url);
      const resembling = [
        'notes',
        'https://evil.example/v1',
        `${notes.identifier}/`,
        `${notes.identifier}?`,
        `${notes.identifier}#a`,
        notes.identifier.replace('https:', 'HTTPS:'),
        notes.identifier.replace('/v1', '/%761'),
        notes.identifier.replace('.example', '.example:443'),
        `${service.url}/api/me`,
        `${service.url}#`,
        `${service.url}?a`,
        `http://user@${host}`,
      ];

      const asked = resembling.flatMap((resource) => [[resource], [notes.identifier, resource]]);
      const answers = await Promise.all(asked.map((resources) => authorize(client, 'openid', resources)));

      expect(answers.map(({ answer }) => answer.get('error'))).toEqual(asked.map(() => 'invalid_target'));
    });

    it('given more resources than a request may name, when they are asked for, then it is invalid_target; one many times is one', async () => {
      const many = Array.from({ length: 11 }, (_, place) => `https://api${place}.example/`);

      const refused = await authorize(client, 'openid', many);
      const accepted = await authorize(
        client,
        'openid notes:read',
        Array.from({ length: 50 }, () => notes.identifier),
      );

      expect(refused.answer.get('error')).toBe('invalid_target');
      expect(accepted.answer.has('code')).toBe(true);
    });

    it('given any scope and resource, when they are asked for, then the answer is a code or one of two errors', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.webUrl(),
        fc.constantFrom('openid', 'notes:read'),
      );
      const resource = fc.oneof(text, fc.constantFrom(notes.identifier, files.identifier, service.url));
      await fc.assert(
        fc.asyncProperty(
          fc.array(text, { maxLength: 4 }),
          fc.array(resource, { maxLength: 3 }),
          async (scope, resources) => {
            const { answer, verifier } = await authorize(client, scope.join(' '), resources);

            const code = answer.get('code');
            if (code === null) return expect(['invalid_scope', 'invalid_target']).toContain(answer.get('error'));
            const { clientId } = client;
            const redeemed = await redeem(service, { code, verifier, clientId, redirectUri, state: '' });
            expect(redeemed.status).toBe(200);
            expect([service.url, notes.identifier, files.identifier]).toContain(claimsOf(redeemed).aud);
          },
        ),
        fewerRuns(60),
      );
    });
  });
});
