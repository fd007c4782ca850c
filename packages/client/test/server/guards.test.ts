import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { newDpopKey } from '../../../../test/support/clients/dpop.ts';
import { serveLocally } from '../../../../test/support/run/local-server.ts';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import {
  accessTokenOf as ofExpress,
  protectedResourceMetadata as expressMetadata,
  requireAccessToken as expressGuard,
} from '../../src/server/express.ts';
import {
  accessTokenOf as ofFastify,
  protectedResourceMetadata as fastifyMetadata,
  requireAccessToken as fastifyGuard,
} from '../../src/server/fastify.ts';
import {
  accessTokenOf as ofHono,
  protectedResourceMetadata as honoMetadata,
  requireAccessToken as honoGuard,
} from '../../src/server/hono.ts';
import {
  accessTokenOf as ofNest,
  requireAccessToken as nestGuard,
  serveProtectedResourceMetadata,
} from '../../src/server/nestjs.ts';
import type { ProtectedResource } from '../../src/server/index.ts';
import { asListener } from '../web/fetch-server.ts';
import { type TestApi, testApi } from './api.ts';

interface Running {
  close(): Promise<unknown>;
}

/** A login of the last minute, by passkey. */
const recentPasskey = { acr: 'phr', maxAge: 60 };

/**
 * The same API on each framework: `GET /notes` needs `notes:read`, `GET /notes/all` both scopes, `GET /notes/secret` a recent
 * login by passkey.
 */
const frameworks: Readonly<Record<string, (api: TestApi, notes: ProtectedResource) => Promise<Running>>> = {
  async Express(api, notes) {
    const app = express();
    app.use(expressMetadata(notes));
    // Mounted, so that the router takes a part of the path away.
    const router = express.Router();
    router.get('/', expressGuard(notes, { scopes: ['notes:read'] }), (request, response) => {
      response.json({ of: ofExpress(request).subject });
    });
    router.get('/all', expressGuard(notes, { scopes: ['notes:read', 'notes:write'] }), (_request, response) => {
      response.json({});
    });
    router.get('/secret', expressGuard(notes, recentPasskey), (_request, response) => {
      response.json({});
    });
    app.use('/notes', router);
    return serveLocally(app, { host: 'localhost', port: api.port });
  },
  async Fastify(api, notes) {
    const app = fastify();
    await app.register(fastifyMetadata(notes));
    const onRequest = fastifyGuard(notes, { scopes: ['notes:read'] });
    app.get('/notes', { onRequest }, (request, reply) => reply.send({ of: ofFastify(request).subject }));
    const both = fastifyGuard(notes, { scopes: ['notes:read', 'notes:write'] });
    app.get('/notes/all', { onRequest: both }, (_request, reply) => reply.send({}));
    const secret = { onRequest: fastifyGuard(notes, recentPasskey) };
    app.get('/notes/secret', secret, (_request, reply) => reply.send({}));
    await app.listen({ port: api.port, host: 'localhost' });
    return { close: () => app.close() };
  },
  async Hono(api, notes) {
    const app = new Hono();
    app.use(honoMetadata(notes));
    const mounted = new Hono()
      .get('/', honoGuard(notes, { scopes: ['notes:read'] }), (context) =>
        context.json({ of: context.get('accessToken') === ofHono(context) ? ofHono(context).subject : '' }),
      )
      .get('/all', honoGuard(notes, { scopes: ['notes:read', 'notes:write'] }), (context) => context.json({}))
      .get('/secret', honoGuard(notes, recentPasskey), (context) => context.json({}));
    app.route('/notes', mounted);
    return serveLocally(
      asListener(async (request) => app.fetch(request)),
      { host: 'localhost', port: api.port },
    );
  },
  'NestJS on Express': (api, notes) => nestApi(new ExpressAdapter(), api, notes),
  'NestJS on Fastify': (api, notes) => nestApi(new FastifyAdapter(), api, notes),
};

async function nestApi(platform: AbstractHttpAdapter, api: TestApi, notes: ProtectedResource): Promise<Running> {
  @Controller('notes')
  class NotesController {
    @Get()
    @UseGuards(nestGuard(notes, { scopes: ['notes:read'] }))
    list(@Req() request: object) {
      return { of: ofNest(request).subject };
    }

    @Get('all')
    @UseGuards(nestGuard(notes, { scopes: ['notes:read', 'notes:write'] }))
    all() {
      return {};
    }

    @Get('secret')
    @UseGuards(nestGuard(notes, recentPasskey))
    secret() {
      return {};
    }
  }
  @Module({ controllers: [NotesController] })
  class NotesModule {}
  const app = await NestFactory.create(NotesModule, platform, { logger: false });
  serveProtectedResourceMetadata(app, notes);
  await app.listen(api.port, 'localhost');
  return { close: () => app.close() };
}

const service = fixture(startService);

describe.each(Object.keys(frameworks))('an API on %s', (name) => {
  const api = fixture(() => testApi(service));
  fixture(async () => (await frameworks[name]?.(api, api.resource())) ?? {});
  const key = fixture(() => newDpopKey(service.clock));

  const ask = (headers: HeadersInit = {}, path = '/notes') => fetch(`${api.origin}${path}`, { headers });

  it('given a token with the scope, when a route is asked, then it is served with the subject', async () => {
    const response = await ask({ authorization: `Bearer ${await api.accessToken()}` });

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ of: expect.stringMatching(/./) });
  });

  it('given no token, when a route is asked, then the challenges name no error, and where the metadata is', async () => {
    const response = await ask();

    expect(response.status).toBe(401);
    expect(challengeOf(response)).toBe(
      `Bearer scope="notes:read", resource_metadata="${api.metadataUrl}", DPoP scope="notes:read", ` +
        `algs="ES256 EdDSA Ed25519 PS256 RS256", resource_metadata="${api.metadataUrl}"`,
    );
  });

  it('given the URL of a challenge, when a page of another origin asks, then the document is there', async () => {
    const response = await fetch(api.metadataUrl, { headers: { origin: 'https://app.example.com' } });

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toMatchObject({
      resource: api.identifier,
      authorization_servers: [service.url],
      scopes_supported: ['notes:read', 'notes:write'],
      bearer_methods_supported: ['header'],
    });
  });

  it('given a token that is none, when a route is asked, then it is invalid_token', async () => {
    const response = await ask({ authorization: 'Bearer not-a-token' });

    expect(response.status).toBe(401);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(challengeOf(response)).toMatch(/^Bearer error="invalid_token", /);
  });

  it('given a token without a scope, when the route is asked, then it is insufficient_scope and says which', async () => {
    const response = await ask({ authorization: `Bearer ${await api.accessToken()}` }, '/notes/all');

    expect(response.status).toBe(403);
    expect(challengeOf(response)).toMatch(/^Bearer error="insufficient_scope", .*scope="notes:read notes:write"/);
  });

  it.each(['Bearer', 'DPoP'])(
    'given a %s token of a login by password, when it is shown, then another login is asked for',
    async (scheme) => {
      const isBound = scheme === 'DPoP';
      const accessToken = await api.accessToken(isBound ? { key } : {});
      const url = `${api.origin}/notes/secret`;
      const dpop = await key.proof({ method: 'GET', url, accessToken });
      const headers = { authorization: `${scheme} ${accessToken}`, ...(isBound && { dpop }) };

      const response = await ask(headers, '/notes/secret');

      expect(response.status).toBe(401);
      expect(challengeOf(response)).toContain(
        `${scheme} error="insufficient_user_authentication", ` +
          'error_description="A different authentication level is required", acr_values="phr", max_age="60"',
      );
      expect(challengeOf(response)?.match(/acr_values/g)).toHaveLength(1);
    },
  );

  it('given a token that is bound to a key, when it comes with a proof for the URL, then it is served', async () => {
    const accessToken = await api.accessToken({ key });
    const url = `${api.origin}/notes`;
    const dpop = await key.proof({ method: 'GET', url, accessToken });

    const response = await ask({ authorization: `DPoP ${accessToken}`, dpop }, '/notes?page=2');

    expect(response.status).toBe(200);
  });

  it('given a proof that was used, when it comes again, then it is invalid_dpop_proof', async () => {
    const accessToken = await api.accessToken({ key });
    const dpop = await key.proof({ method: 'GET', url: `${api.origin}/notes`, accessToken });
    const headers = { authorization: `DPoP ${accessToken}`, dpop };

    const responses = await Promise.all(Array.from({ length: 5 }, () => ask(headers)));

    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401, 401]);
    expect(challengeOf(await ask(headers))).toMatch(/^DPoP error="invalid_dpop_proof", /);
  });
});

function challengeOf(response: Response): string | null {
  return response.headers.get('www-authenticate');
}
