import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serveProtectedResourceMetadata } from '@tessera/client/server/nestjs';
import { notesApi, port } from './notes-api.ts';
import { NotesController } from './notes.controller.ts';

@Module({ controllers: [NotesController] })
class NotesModule {}

const app = await NestFactory.create(NotesModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
// Where its tokens come from: /.well-known/oauth-protected-resource/notes (RFC 9728).
serveProtectedResourceMetadata(app, notesApi);
await app.listen(port, '127.0.0.1');
process.stdout.write(`The API is ${notesApi.metadata.resource}\n`);
