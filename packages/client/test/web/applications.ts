import type { RequestListener } from 'node:http';
import express from 'express';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Context, Hono } from 'hono';
import type { Client } from '../../../../src/domain/clients/client.ts';
import { BrowserSession } from '../../../../test/support/clients/browser-session.ts';
import { freePort } from '../../../../test/support/run/free-port.ts';
import { serveLocally } from '../../../../test/support/run/local-server.ts';
import { loggedIn, type Reachable } from '../../../../test/support/clients/pkce-login.ts';
import { registerClient } from '../../../../test/support/clients/registered.ts';
import type { TestService } from '../../../../test/support/service/service.ts';
import * as onExpress from '../../src/web/express.ts';
import * as onFastify from '../../src/web/fastify.ts';
import * as onHono from '../../src/web/hono.ts';
import * as onNext from '../../src/web/next.ts';
import * as onSvelteKit from '../../src/web/sveltekit.ts';
import { storageOver } from '../support/storages.ts';
import { asListener } from './fetch-server.ts';

type Application = (login: onExpress.WebLogin, service: Reachable) => RequestListener;

/** What `/payment` of the applications requires. */
export const recent: onExpress.LoginRequirement = { maxAge: 10 };
/** The logins that `/confirm` of the applications begins. */
export const confirming: onExpress.BeginLoginOptions = {
  returnTo: '/notes?page=2',
  scope: 'openid profile',
  parameters: { prompt: 'login', login_hint: 'user0', max_age: '30', acr_values: 'urn:a', ui_locales: 'de' },
};

/**
 * The same application on each, for who is logged in: `/page` asks nobody, `/notes` the service with the access token, and
 * `/payment` requires a recent login. `/confirm` begins another login, for anybody.
 */
export const listeners: Readonly<Record<string, Application>> = {
  Express: onExpressAlone,
  'Express behind a parser of forms': onExpressBehind(express.urlencoded()),
  'Express behind a parser that keeps the text': onExpressBehind(express.text({ type: '*/*' })),
  'Express behind a parser that keeps the bytes': onExpressBehind(express.raw({ type: '*/*' })),
  'a handler of Request to Response'(login, service) {
    const { GET, POST } = onNext.loginRoutes(login);
    const handler = async ({ url }: Request, session: onExpress.WebSession) =>
      Response.json(await shown(new URL(url).pathname, session, service));
    const [page, payment] = [onNext.requireLogin(login, handler), onNext.requireLogin(login, handler, recent)];
    return asListener((request) => {
      const { pathname } = new URL(request.url);
      if (paths.includes(pathname)) return page(request);
      if (pathname === '/payment') return payment(request);
      if (pathname === '/confirm') return onNext.beginLogin(login, request, confirming);
      return request.method === 'POST' ? POST(request) : GET(request);
    });
  },
  Fastify: onFastifyAlone,
  'Fastify behind a parser of forms'(login, service) {
    return onFastifyAlone(login, service, (app) =>
      app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
        done(null, Object.fromEntries(new URLSearchParams(String(body)))),
      ),
    );
  },
  Hono(login, service) {
    const app = new Hono();
    app.use(onHono.loginRoutes(login));
    const handler = async (context: Context) =>
      context.json(await shown(context.req.path, onHono.sessionOf(context), service));
    for (const path of paths) app.all(path, onHono.requireLogin(login), handler);
    app.all('/payment', onHono.requireLogin(login, recent), handler);
    app.get('/confirm', onHono.beginLogin(login, confirming));
    return asListener(async (request) => app.fetch(request));
  },
  SvelteKit(login, service) {
    const handle = onSvelteKit.loginHandle(login, ({ url: { pathname } }: onSvelteKit.SvelteKitEvent) =>
      pathname === '/payment' ? recent : paths.includes(pathname) ? {} : undefined,
    );
    return asListener((request) =>
      handle({
        event: { request, url: new URL(request.url), locals: {} },
        resolve: async (event) => {
          if (event.url.pathname === '/confirm') return onSvelteKit.beginLogin(login, event, confirming);
          // As its `load` functions, which have events of their own.
          const session = onSvelteKit.sessionOf({ locals: event.locals });
          return Response.json(await shown(event.url.pathname, session, service));
        },
      }),
    );
  },
};

/** One of each framework. */
export const frameworks = ['Express', 'a handler of Request to Response', 'Fastify', 'Hono', 'SvelteKit'] as const;

const paths = ['/page', '/notes'];

function onFastifyAlone(
  login: onExpress.WebLogin,
  service: Reachable,
  before: (app: FastifyInstance) => unknown = () => undefined,
): RequestListener {
  const app = fastify();
  before(app);
  app.register(onFastify.loginRoutes(login));
  const handler = (request: FastifyRequest) =>
    shown(request.url.replace(/\?.*/, ''), onFastify.sessionOf(request), service);
  for (const path of paths) app.all(path, { onRequest: onFastify.requireLogin(login) }, handler);
  app.all('/payment', { onRequest: onFastify.requireLogin(login, recent) }, handler);
  app.get('/confirm', onFastify.beginLogin(login, confirming));
  return async (request, response) => {
    await app.ready();
    app.routing(request, response);
  };
}

async function shown(path: string, { claims, fetch: ask }: onExpress.WebSession, { url }: Reachable) {
  return { of: claims?.sub, ...(path === '/notes' && { me: (await ask(`${url}/api/me`)).status }) };
}

function onExpressAlone(login: onExpress.WebLogin, service: Reachable) {
  const app = express();
  app.use(onExpress.loginRoutes(login));
  const handler: express.RequestHandler = (request, response, next) => {
    shown(request.path, onExpress.sessionOf(request), service)
      .then((body) => response.json(body))
      .catch(next);
  };
  app.all(paths, onExpress.requireLogin(login), handler);
  app.all('/payment', onExpress.requireLogin(login, recent), handler);
  app.get('/confirm', onExpress.beginLogin(login, confirming));
  return app;
}

function onExpressBehind(parser: express.RequestHandler): Application {
  return (login, service) => express().use(parser, onExpressAlone(login, service));
}

/** A web application that runs, and is registered with the service. */
export interface RunningApplication {
  readonly origin: string;
  readonly clientId: string;
  /** What its store of sessions holds. */
  readonly stored: Map<string, string>;
  /** A browser that is logged in here, of a browser that is logged in at the service: by default as user0. */
  logIn(atService?: BrowserSession): Promise<BrowserSession>;
  stop(): Promise<void>;
}

export async function runApplication(
  service: TestService,
  name: string,
  options: Partial<onExpress.WebLoginOptions> = {},
  registration: Partial<Client> = {},
): Promise<RunningApplication> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const { clientId } = await registerClient(service, {
    redirectUris: [`${origin}/auth/callback`],
    postLogoutRedirectUris: [`${origin}/`],
    backchannelLogoutUri: `${origin}/auth/backchannel-logout`,
    ...registration,
  });
  const stored = new Map<string, string>();
  const login = onExpress.createWebLogin({
    issuer: service.url,
    clientId,
    origin,
    scope: 'openid offline_access',
    sessions: storageOver(stored),
    ...options,
  });
  const { close } = await serveLocally(listeners[name]?.(login, service), { host: 'localhost', port });
  return {
    origin,
    clientId,
    stored,
    stop: close,
    async logIn(atService) {
      const browser = new BrowserSession(origin);
      const request = await follow(browser, '/auth/login');
      const callback = await follow(atService ?? (await loggedIn(service)), request);
      await browser.fetch(callback);
      return browser;
    },
  };
}

/** Whether the browser is served what is for who is logged in: 200, or 401. */
export const statusOf = async (browser: BrowserSession): Promise<number> => (await browser.fetch('/page')).status;

async function follow(browser: BrowserSession, path: string): Promise<string> {
  const { headers } = await browser.fetch(path);
  return headers.get('location') ?? 'missing:location';
}
