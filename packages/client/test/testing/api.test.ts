import { describe, expect, it } from '@jest/globals';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { serveLocally } from '../../../../test/support/run/local-server.ts';
import { dpop, memoryKeys } from '../../src/index.ts';
import { type ProtectedResource, protectedResource } from '../../src/server/index.ts';
import { testIssuer, tokenFlaws } from '../../src/testing/index.ts';
import { expressApi, fastifyApi, honoApi, nestApi } from './apis.ts';

/** An API under test: by its framework's own way to send a request, where it has one. */
interface TestedApi {
  notes(headers?: Record<string, string>): Promise<{ readonly status: number; json(): unknown }>;
  close?(): Promise<unknown>;
}

const apis: Readonly<Record<string, (notes: ProtectedResource) => Promise<TestedApi>>> = {
  async Express(notes) {
    const { url, close } = await serveLocally(expressApi(notes));
    return { close, notes: (headers = {}) => fetch(`${url}/notes`, { headers }) };
  },
  async Fastify(notes) {
    const app = fastifyApi(notes);
    return {
      close: () => app.close(),
      async notes(headers = {}) {
        const answer = await app.inject({ url: '/notes', headers });
        return { status: answer.statusCode, json: () => answer.json() };
      },
    };
  },
  async NestJS(notes) {
    const app = await nestApi(notes);
    return {
      close: () => app.close(),
      async notes(headers = {}) {
        const answer = await app.inject({ url: '/notes', headers });
        return { status: answer.statusCode, json: () => answer.json() };
      },
    };
  },
  async Hono(notes) {
    const app = honoApi(notes);
    return { notes: async (headers = {}) => app.request('/notes', { headers }) };
  },
};

describe.each(Object.entries(apis))('an API on %s that its author tests', (_name, open) => {
  const issuer = testIssuer({ resource: 'https://api.example.com' });
  const { issuer: name, resource, fetch: send } = issuer;
  const api = fixture(() => open(protectedResource({ issuer: name, resource, fetch: send })));

  it('given a token with the scope, when the notes are asked for, then they are those of its subject', async () => {
    const answer = await api.notes(await issuer.headers({ sub: 'alice', scopes: ['notes:read'] }));

    expect([answer.status, await answer.json()]).toEqual([200, { of: 'alice' }]);
  });

  it('given no token, when the notes are asked for, then it is 401', async () => {
    expect((await api.notes()).status).toBe(401);
  });

  it('given a token with another scope, when the notes are asked for, then it is 403', async () => {
    expect((await api.notes(await issuer.headers({ scopes: ['notes:write'] }))).status).toBe(403);
  });

  it.each(tokenFlaws)(
    'given a token that is wrong by %s, when the notes are asked for, then it is 401',
    async (flaw) => {
      expect((await api.notes(await issuer.headers({ flaw, scopes: ['notes:read'] }))).status).toBe(401);
    },
  );

  it('given a token that is bound to a key, when its proof comes along, then it is served, and once', async () => {
    const key = dpop({ keys: memoryKeys() });
    const headers = await issuer.headers({ dpop: key, url: '/notes', scopes: ['notes:read'] });

    const [first, second] = [await api.notes(headers), await api.notes(headers)];

    expect([first.status, second.status]).toEqual([200, 401]);
  });
});
