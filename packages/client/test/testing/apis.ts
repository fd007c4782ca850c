import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import type { ProtectedResource } from '../../src/server/index.ts';
import * as onExpress from '../../src/server/express.ts';
import * as onFastify from '../../src/server/fastify.ts';
import * as onHono from '../../src/server/hono.ts';
import * as onNest from '../../src/server/nestjs.ts';

/** The same API on each framework, as its author would write it: `GET /notes` needs `notes:read`, and says whose notes. */
const requirement = { scopes: ['notes:read'] };

export function expressApi(notes: ProtectedResource) {
  const app = express();
  app.get('/notes', onExpress.requireAccessToken(notes, requirement), (request, response) => {
    response.json({ of: onExpress.accessTokenOf(request).subject });
  });
  return app;
}

export function fastifyApi(notes: ProtectedResource) {
  const app = fastify();
  app.get('/notes', { onRequest: onFastify.requireAccessToken(notes, requirement) }, (request, reply) =>
    reply.send({ of: onFastify.accessTokenOf(request).subject }),
  );
  return app;
}

export function honoApi(notes: ProtectedResource) {
  return new Hono().get('/notes', onHono.requireAccessToken(notes, requirement), (context) =>
    context.json({ of: context.get('accessToken').subject }),
  );
}

export async function nestApi(notes: ProtectedResource): Promise<NestFastifyApplication> {
  @Controller('notes')
  class NotesController {
    @Get()
    @UseGuards(onNest.requireAccessToken(notes, requirement))
    list(@Req() request: object) {
      return { of: onNest.accessTokenOf(request).subject };
    }
  }
  @Module({ controllers: [NotesController] })
  class NotesModule {}
  const app = await NestFactory.create<NestFastifyApplication>(NotesModule, new FastifyAdapter(), { logger: false });
  return app.init();
}
