import 'reflect-metadata';
import { parse } from 'node:querystring';
import { Body, Controller, Get, HttpCode, Module, Post, Query, Redirect, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import pino from 'pino';
import { Accounts } from './accounts';
import { lmdbStore } from './lmdb-store';
import { type Fields, Logins } from './logins';
import { mongoStore } from './mongo-store';
import { observe } from './observed';
import { Tokens } from './tokens';

type Json = Record<string, unknown>;

/**
 * The floor: a small server on the service's own parts that keeps its promises (durable commits, hashed secrets, single
 * use, headers, log, metrics) and does little else. With FLOOR=plain it signs on its own thread, and its routes are
 * Fastify's instead of Nest's.
 */
async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const port = Number(env['PORT']);
  const plain = env['FLOOR'] === 'plain';
  const issuer = `http://localhost:${port}`;
  const algorithm = env['SIGNING_ALG'] === 'RS256' ? 'RS256' : 'ES256';
  const store = env['MONGODB_URI'] ? await mongoStore(env['MONGODB_URI']) : lmdbStore(env['DATA_DIR'] ?? '');
  const tokens = await Tokens.create({ issuer, algorithm, synchronous: plain });
  const logins = new Logins(issuer, store, tokens, await Accounts.load());

  const adapter = new FastifyAdapter({
    bodyLimit: 16_384,
    requestTimeout: 30_000,
    routerOptions: { querystringParser: (query) => parse(query) },
  });
  const server = adapter.getInstance();
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, parse(String(body)));
  });
  observe(server, pino({ base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }));
  addRest(server, logins);
  if (plain) addPlainRoutes(server, logins);

  const app = await NestFactory.create(plain ? EmptyModule : controllersOf(logins), adapter, {
    logger: false,
    bodyParser: false,
  });
  process.on('SIGTERM', () => process.exit(0));
  await app.listen(port, '127.0.0.1');
}

@Module({})
class EmptyModule {}

/** The measured routes, as Nest has them. */
function controllersOf(logins: Logins) {
  @Controller()
  class LoginController {
    @Get('authorize')
    @Redirect('', 303)
    async authorize(@Query() query: Fields, @Req() { headers }: FastifyRequest): Promise<{ url: string }> {
      return { url: await logins.authorize(query, headers.cookie) };
    }

    @Post('token')
    @HttpCode(200)
    token(@Body() form: Fields): Promise<object> {
      return logins.token(form);
    }

    @Post('wallet/challenge')
    challenge(@Body() body: Json): Promise<object> {
      return logins.challenge(body);
    }

    @Post('wallet/verify')
    @HttpCode(200)
    verify(@Body() body: Json): Promise<object> {
      return logins.verify(body);
    }
  }

  @Module({ controllers: [LoginController] })
  class LoginModule {}
  return LoginModule;
}

/** The measured routes without Nest. */
function addPlainRoutes(server: FastifyInstance, logins: Logins): void {
  server.get('/authorize', async ({ query, headers }, reply) =>
    reply.redirect(await logins.authorize(query as Fields, headers.cookie), 303),
  );
  server.post('/token', async ({ body }) => logins.token(body as Fields));
  server.post('/wallet/challenge', async ({ body }, reply) =>
    reply.code(201).send(await logins.challenge(body as Json)),
  );
  server.post('/wallet/verify', async ({ body }) => logins.verify(body as Json));
}

/** What the client needs besides: whether the server is ready, and a session. */
function addRest(server: FastifyInstance, logins: Logins): void {
  server.get('/health/ready', async () => ({ status: 'ok' }));
  server.get('/login', async (_request, reply) => reply.type('text/html').send('<form method="post"></form>'));
  server.post('/login', async ({ body }, reply) => {
    const secret = await logins.logIn(body as Fields);
    return reply.header('set-cookie', `session=${secret}; Path=/; HttpOnly; SameSite=Lax`).redirect('/', 303);
  });
}

main(process.env).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
