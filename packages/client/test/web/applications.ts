import type { RequestListener } from 'node:http';
import express from 'express';
import { BrowserSession } from '../../../../test/support/clients/browser-session.ts';
import { freePort } from '../../../../test/support/run/free-port.ts';
import { serveLocally } from '../../../../test/support/run/local-server.ts';
import { loggedIn, type Reachable } from '../../../../test/support/clients/pkce-login.ts';
import { registerClient } from '../../../../test/support/clients/registered.ts';
import type { TestService } from '../../../../test/support/service/service.ts';
import * as onExpress from '../../src/web/express.ts';
import * as onNext from '../../src/web/next.ts';
import { storageOver } from '../support/storages.ts';
import { asListener } from './fetch-server.ts';

type Application = (login: onExpress.WebLogin, service: Reachable) => RequestListener;

/** The same application on each, for who is logged in: `/page` asks nobody, `/notes` the service with the access token. */
export const listeners: Readonly<Record<string, Application>> = {
  Express: onExpressAlone,
  'Express behind a parser of forms': onExpressBehind(express.urlencoded()),
  'Express behind a parser that keeps the text': onExpressBehind(express.text({ type: '*/*' })),
  'Express behind a parser that keeps the bytes': onExpressBehind(express.raw({ type: '*/*' })),
  'a handler of Request to Response'(login, service) {
    const { GET, POST } = onNext.loginRoutes(login);
    const page = onNext.requireLogin(login, async ({ url }, session) =>
      Response.json(await shown(new URL(url).pathname, session, service)),
    );
    return asListener((request) => {
      if (paths.includes(new URL(request.url).pathname)) return page(request);
      return request.method === 'POST' ? POST(request) : GET(request);
    });
  },
};

const paths = ['/page', '/notes'];

async function shown(path: string, { claims, fetch: ask }: onExpress.WebSession, { url }: Reachable) {
  return { of: claims?.sub, ...(path === '/notes' && { me: (await ask(`${url}/api/me`)).status }) };
}

function onExpressAlone(login: onExpress.WebLogin, service: Reachable) {
  const app = express();
  app.use(onExpress.loginRoutes(login));
  app.all(paths, onExpress.requireLogin(login), (request, response, next) => {
    shown(request.path, onExpress.sessionOf(request), service)
      .then((body) => response.json(body))
      .catch(next);
  });
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
): Promise<RunningApplication> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const { clientId } = await registerClient(service, {
    redirectUris: [`${origin}/auth/callback`],
    postLogoutRedirectUris: [`${origin}/`],
    backchannelLogoutUri: `${origin}/auth/backchannel-logout`,
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
