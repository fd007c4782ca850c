import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express, { type ErrorRequestHandler } from 'express';
import fastify, { type FastifyRequest } from 'fastify';
import { type Context, Hono } from 'hono';
import type { JWTPayload } from 'jose';
import { serveLocally } from '../../../../test/support/run/local-server.ts';
import * as onExpress from '../../src/server/express.ts';
import * as onFastify from '../../src/server/fastify.ts';
import * as onHono from '../../src/server/hono.ts';
import * as onNest from '../../src/server/nestjs.ts';
import type { AccessToken, OptionalRequirement, ProtectedResource, Requirement } from '../../src/server/index.ts';
import { asListener } from '../web/fetch-server.ts';

/** What a route of a test requires; `allow` gets the `id` of a path that ends in `/:id`. */
export interface RouteRequirement extends Omit<Requirement, 'allow' | 'optional'> {
  readonly optional?: boolean;
  readonly allow?: (accessToken: AccessToken, id: string | undefined) => boolean | PromiseLike<boolean>;
}

/** By path, what each guard of the route requires, one after the other. */
export type Routes = Readonly<Record<string, readonly RouteRequirement[]>>;

/** An API on a framework. */
export interface Framework {
  /**
   * Serves the routes: each answers `{ of }` with the subject, or null without a token; those under `/required` read the token
   * as one that must be there.
   */
  serve(notes: ProtectedResource, routes: Routes): Promise<{ readonly url: string; close(): Promise<unknown> }>;
  /** Declares a route without serving it. */
  declare(notes: ProtectedResource, requirement: object): unknown;
}

export const frameworks: Readonly<Record<string, Framework>> = {
  Express: {
    declare: (notes, requirement) => onExpress.requireAccessToken(notes, requirement),
    async serve(notes, routes) {
      const app = express();
      for (const [path, requirements] of Object.entries(routes)) {
        const guards = requirements.map((each) =>
          onExpress.requireAccessToken(
            notes,
            asking<express.Request>(each, ({ params }) => String(params['id'])),
          ),
        );
        app.get(path, ...guards, (request, response) => {
          response.json(answerOf(path, request, onExpress));
        });
        // Whoever gets here was let pass by a route that did not answer.
        app.get(path, (_request, response) => {
          response.json({ of: 'the next route' });
        });
      }
      app.use(((_error, _request, response, _next) => {
        response.status(500).end();
      }) satisfies ErrorRequestHandler);
      return serveLocally(app);
    },
  },
  Fastify: {
    declare: (notes, requirement) => onFastify.requireAccessToken(notes, requirement),
    async serve(notes, routes) {
      const app = fastify();
      for (const [path, requirements] of Object.entries(routes)) {
        const onRequest = requirements.map((each) =>
          onFastify.requireAccessToken(
            notes,
            asking<FastifyRequest>(each, ({ params }) => Object(params)['id']),
          ),
        );
        app.get(path, { onRequest }, (request, reply) => reply.send(answerOf(path, request, onFastify)));
      }
      return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() };
    },
  },
  'NestJS on Express': nestOn(() => new ExpressAdapter()),
  'NestJS on Fastify': nestOn(() => new FastifyAdapter()),
  Hono: {
    declare: (notes, requirement) => onHono.requireAccessToken(notes, requirement),
    async serve(notes, routes) {
      const app = new Hono();
      for (const [path, requirements] of Object.entries(routes)) {
        for (const each of requirements) {
          app.use(
            path,
            onHono.requireAccessToken(
              notes,
              asking<Context>(each, ({ req }) => req.param('id')),
            ),
          );
        }
        // A Response of its own has none of the headers that were set before it.
        app.get(path, (context) => Response.json(answerOf(path, context, onHono)));
      }
      app.onError(() => new Response(null, { status: 500 }));
      return serveLocally(asListener(async (request) => app.fetch(request)));
    },
  },
};

function nestOn(platform: () => AbstractHttpAdapter): Framework {
  return {
    declare: (notes, requirement) => onNest.requireAccessToken(notes, requirement),
    async serve(notes, routes) {
      const controllers = Object.entries(routes).map(([path, requirements]) => {
        const guards = requirements.map((each) =>
          onNest.requireAccessToken(
            notes,
            asking<onNest.PlatformRequest>(each, ({ params }) => params['id']),
          ),
        );
        @Controller(path)
        @UseGuards(...guards)
        class RouteController {
          @Get()
          read(@Req() request: object) {
            return answerOf(path, request, onNest);
          }
        }
        return RouteController;
      });
      @Module({ controllers })
      class RoutesModule {}
      const app = await NestFactory.create(RoutesModule, platform(), { logger: false });
      await app.listen(0, '127.0.0.1');
      return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), close: () => app.close() };
    },
  };
}

/** The requirement, with `allow` as its framework asks it. */
function asking<Own>(
  { allow, optional, ...rest }: RouteRequirement,
  idOf: (own: Own) => string | undefined,
): Requirement<JWTPayload, Own> | OptionalRequirement<JWTPayload, Own> {
  const asked =
    allow === undefined ? rest : { ...rest, allow: (token: AccessToken, own: Own) => allow(token, idOf(own)) };
  return optional === true ? { ...asked, optional } : asked;
}

function answerOf(
  path: string,
  request: object,
  { accessTokenOf, optionalAccessTokenOf }: Pick<typeof onExpress, 'accessTokenOf' | 'optionalAccessTokenOf'>,
) {
  const read = path.startsWith('/required') ? accessTokenOf : optionalAccessTokenOf;
  return { of: read(request)?.subject ?? null };
}
