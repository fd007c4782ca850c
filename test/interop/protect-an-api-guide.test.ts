import 'reflect-metadata';
import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import * as nest from '@nestjs/common';
import * as nestCore from '@nestjs/core';
import * as nestFastify from '@nestjs/platform-fastify';
import { beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import fastify, { type FastifyInstance } from 'fastify';
import * as hono from 'hono';
import * as tessera from '../../packages/client/src/index';
import * as machine from '../../packages/client/src/machine';
import * as server from '../../packages/client/src/server/index';
import * as onExpress from '../../packages/client/src/server/express';
import * as onFastify from '../../packages/client/src/server/fastify';
import * as onHono from '../../packages/client/src/server/hono';
import * as onNest from '../../packages/client/src/server/nestjs';
import * as testing from '../../packages/client/src/testing/index';
import { asListener } from '../../packages/client/test/web/fetch-server';
import { guidePage, type Packages, runModule, secretOf } from '../support/docs/client-guide';
import { newDpopKey } from '../support/clients/dpop';
import { serveLocally } from '../support/run/local-server';
import { fixture } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { codeFor, loggedIn, postToken, redemption } from '../support/clients/pkce-login';
import { startServiceOn } from '../support/service/service';
import { emptyStore } from '../support/stores/stores';

const { blocksOf, registerAs } = guidePage('docs/guides/protect-an-api.md');

/** Something that listens for the API. */
interface Running {
  close(): Promise<unknown>;
}

describe('docs/guides/protect-an-api.md', () => {
  const store = fixture(() => emptyStore('lmdb'));
  let packages: Packages;
  let port: number;
  let api: string;
  /** Of the client that acts for itself. */
  let secret: string;

  beforeAll(async () => {
    port = await freePort();
    api = `http://localhost:${port}`;
    await registerAs('Register', store, { api });
    secret = secretOf(await registerAs('Whose data', store, { api }));
  });
  const service = fixture(() => startServiceOn(store));
  const browser = fixture(() => loggedIn(service));
  const substitutes = fixture(() => ({ issuer: service.url, api }));
  beforeAll(async () => {
    const libraries = {
      'reflect-metadata': {},
      '@nestjs/common': nest,
      '@nestjs/core': nestCore,
      '@nestjs/platform-fastify': nestFastify,
      '@tessera/client/machine': machine,
      '@tessera/client/server': server,
      '@tessera/client/server/express': onExpress,
      '@tessera/client/server/fastify': onFastify,
      '@tessera/client/server/hono': onHono,
      '@tessera/client/server/nestjs': onNest,
      express: { default: express },
      fastify: { default: fastify },
      hono,
    };
    packages = { ...libraries, './notes-api.js': await moduleOf('Say whose tokens count', libraries) };
  });

  /** The module under a heading. */
  function moduleOf<Exports extends object>(
    heading: string,
    given = packages,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Exports> {
    const [block = ''] = [...blocksOf(heading, 'js', substitutes), ...blocksOf(heading, 'ts', substitutes)];
    return runModule(block, given, { ...substitutes, env });
  }

  async function accessToken(scope: string, key?: Awaited<ReturnType<typeof newDpopKey>>): Promise<string> {
    const code = await codeFor(service, browser, { client_id: 'my-app', scope });
    const proof = await key?.proof({ url: `${service.url}/token` });
    const { body } = await postToken(service, redemption(code), proof === undefined ? {} : { dpop: proof });
    return String(body['access_token']);
  }

  const notes = () => `${api}/notes`;
  const ask = (token: string, method = 'GET') =>
    fetch(notes(), { method, headers: { authorization: `Bearer ${token}` } });

  const started: Readonly<Record<string, () => Promise<Running>>> = {
    async Express() {
      const { app } = await moduleOf<{ app: RequestListener }>('Express');
      return serveLocally(app, { host: 'localhost', port });
    },
    async Fastify() {
      const { app } = await moduleOf<{ app: FastifyInstance }>('Fastify');
      await app.listen({ port, host: 'localhost' });
      return { close: () => app.close() };
    },
    async Hono() {
      const { app } = await moduleOf<{ app: hono.Hono }>('Hono');
      return serveLocally(
        asListener(async (request) => app.fetch(request)),
        { host: 'localhost', port },
      );
    },
    async NestJS() {
      const { app } = await moduleOf<{ app: nest.INestApplication }>('NestJS');
      await app.listen(port, 'localhost');
      return { close: () => app.close() };
    },
  };

  it.each(Object.keys(started))(
    'given its API on %s, when clients ask, then tokens are good for their scopes, and who has none is told where they are',
    async (framework) => {
      const running = await started[framework]?.();

      const token = await accessToken('notes:read');
      const [none, read, write] = await Promise.all([fetch(notes()), ask(token), ask(token, 'POST')]);
      const written = await ask(await accessToken('notes:write'), 'POST');
      const metadata = await fetch(`${api}/.well-known/oauth-protected-resource`);
      await running?.close();

      const [answer = ''] = blocksOf('What clients are told', 'http', substitutes);
      const [, challenge] = /^WWW-Authenticate: (.+)$/m.exec(answer) ?? [];
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, challenge]);
      expect([read.status, await read.json()]).toEqual([200, { of: 'user0' }]);
      expect([write.status, write.headers.get('www-authenticate')]).toEqual([
        403,
        expect.stringMatching(/^Bearer error="insufficient_scope".* scope="notes:write"/),
      ]);
      expect(written.status).toBe(201);
      expect(await metadata.json()).toMatchObject({ resource: api, authorization_servers: [service.url] });
    },
  );

  it('given its handler, when a Request comes, then it is answered by a Response', async () => {
    const { handler } = await moduleOf<{ handler(request: Request): Promise<Response> }>('Anything else');
    const authorization = `Bearer ${await accessToken('notes:read')}`;

    const served = await handler(new Request(notes(), { headers: { authorization } }));
    const refused = await handler(new Request(notes()));

    expect([served.status, refused.status]).toEqual([200, 401]);
  });

  it('given a client that acts for itself, when it asks as the page says, then the API knows that it is no end-user', async () => {
    const { report, listNotes } = await moduleOf<{ report: machine.MachineClient; listNotes(): Promise<unknown> }>(
      'Whose data',
      packages,
      { TESSERA_SECRET: secret },
    );
    const { notesApi } = await moduleOf<{ notesApi: server.ProtectedResource }>('Say whose tokens count');
    const running = await started['Express']?.();

    const listed = await listNotes();
    await running?.close();
    const own = await notesApi.verify(await report.accessToken(), { scopes: ['notes:read'] });
    const ofUser = await notesApi.verify(await accessToken('notes:read'));

    expect(listed).toEqual({ of: 'my-report' });
    expect(own).toMatchObject({ subject: 'my-report', actsForItself: true });
    expect(ofUser).toMatchObject({ subject: 'user0', actsForItself: false });
  });

  it('given an operation that needs a passkey, when a login by password asks, then its client is told which login to begin', async () => {
    const [onServer = '', onClient = ''] = blocksOf('A recent login, or one by passkey', 'js', substitutes);
    const { app } = await runModule<{ app: RequestListener }>(onServer, packages, substitutes);
    const { pay } = await runModule<{ pay(client: object, body: string): Promise<unknown> }>(
      onClient,
      { '@tessera/client': tessera },
      substitutes,
    );
    const running = await serveLocally(app, { host: 'localhost', port });
    const begun: string[] = [];
    const client = tessera.createClient({
      issuer: service.url,
      clientId: 'my-app',
      redirectUri: 'http://127.0.0.1/callback',
      resource: api,
      browser: (url) => void begun.push(url),
    });
    const token = await accessToken('notes:read');
    await client.adopt({ accessToken: token, tokenType: 'Bearer', expiresAt: Date.now() + 900_000, scope: [] });

    const said = await pay(client, 'ten euros');
    const { headers } = await fetch(`${api}/payments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    await running.close();

    const [answer = ''] = blocksOf('A recent login, or one by passkey', 'http', substitutes);
    expect(said).toBe('repeat it after the login');
    expect(headers.get('www-authenticate')).toBe(/^WWW-Authenticate: (.+)$/m.exec(answer)?.[1]);
    expect(begun.map((url) => Object.fromEntries(new URL(url).searchParams))).toEqual([
      expect.objectContaining({ acr_values: 'phr', max_age: '300' }),
    ]);
  });

  it('given an API that takes nothing but bound tokens, when one comes with the nonce, then it is served, and a bearer token is not', async () => {
    const { notesApi } = await moduleOf<{ notesApi: server.ProtectedResource }>(
      'Tokens that are bound to a key',
      packages,
      { DPOP_NONCE_SECRET: Buffer.alloc(32, 1).toString('base64') },
    );
    const key = await newDpopKey(service.clock);
    const bound = await accessToken('notes:read', key);
    const show = async (nonce: string | null) => {
      const dpop = await key.proof({ method: 'GET', url: notes(), accessToken: bound, nonce });
      return notesApi.authorize({ method: 'GET', url: '/notes', headers: { authorization: `DPoP ${bound}`, dpop } });
    };

    const first = await show(null).catch((error: server.ResourceError) => error);

    expect(first).toMatchObject({ code: 'use_dpop_nonce' });
    const nonce = first.headers['dpop-nonce'] ?? '';
    expect(await show(nonce)).toMatchObject({ accessToken: { jkt: key.jkt } });
    await expect(notesApi.verify(await accessToken('notes:read'))).rejects.toMatchObject({ reason: 'dpop_required' });
  });

  it('given an API that asks about each token, when one was revoked, then it is refused at once', async () => {
    const [api1] = await registerAs('Tokens that were revoked', store, substitutes);
    const { notesApi } = await moduleOf<{ notesApi: server.ProtectedResource }>('Tokens that were revoked', packages, {
      API_CLIENT_ID: String(api1?.['client_id']),
      API_CLIENT_SECRET: String(api1?.['client_secret']),
    });
    const token = await accessToken('notes:read');

    const before = await notesApi.verify(token);
    await fetch(`${service.url}/revoke`, { method: 'POST', body: new URLSearchParams({ token, client_id: 'my-app' }) });

    expect(before.subject).toBe('user0');
    await expect(notesApi.verify(token)).rejects.toMatchObject({ reason: 'access_token_revoked' });
  });

  it('given its routes with further requirements, when clients ask, then each gets what its token allows', async () => {
    const { app } = await moduleOf<{ app: RequestListener }>('More than scopes');
    const running = await serveLocally(app, { host: 'localhost', port });
    const authorization = `Bearer ${await accessToken('notes:write')}`;
    const requests: [path: string, headers: Record<string, string>][] = [
      ['/notes/user0', { authorization }],
      ['/notes/other', { authorization }],
      ['/notes/user0', {}],
      ['/news', {}],
      ['/news', { authorization }],
      ['/news', { authorization: `${authorization}x` }],
    ];

    const answers = await Promise.all(requests.map(([path, headers]) => fetch(api + path, { headers })));
    const news = await Promise.all(answers.slice(3, 5).map((answer) => answer.json()));
    await running.close();

    expect(answers.map(({ status }) => status)).toEqual([200, 403, 401, 200, 200, 401]);
    expect(news).toEqual([{ for: 'everybody' }, { for: 'user0' }]);
  });

  it('given the tests of its API, when they are run, then all of them pass', async () => {
    const [app = '', tests = ''] = blocksOf('Test it', 'js');
    const passed: string[] = [];
    const running: Promise<void>[] = [];
    const test = (name: string, run: () => Promise<void>) =>
      void running.push(run().then(() => void passed.push(name)));

    await runModule(tests, {
      'node:assert/strict': { default: assert },
      'node:test': { test },
      '@tessera/client': tessera,
      '@tessera/client/server': server,
      '@tessera/client/testing': testing,
      './app.js': await runModule<object>(app, packages),
    });
    await Promise.all(running);

    expect(passed).toHaveLength(4 + testing.tokenFlaws.length);
  });
});
