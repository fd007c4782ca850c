import type { RequestListener } from 'node:http';
import express from 'express';
import { BrowserSession } from '../../../../test/support/clients/browser-session.ts';
import { freePort } from '../../../../test/support/run/free-port.ts';
import { serveLocally } from '../../../../test/support/run/local-server.ts';
import { loggedIn } from '../../../../test/support/clients/pkce-login.ts';
import { registerClient } from '../../../../test/support/clients/registered.ts';
import type { TestService } from '../../../../test/support/service/service.ts';
import * as onExpress from '../../src/web/express.ts';
import * as onNext from '../../src/web/next.ts';
import { asListener } from './fetch-server.ts';

/** The same application on each: `/page` is for who is logged in, and asks nobody. */
export const listeners: Readonly<Record<string, (login: onExpress.WebLogin) => RequestListener>> = {
  Express: onExpressAlone,
  'Express behind a parser of forms'(login) {
    const app = express();
    app.use(express.urlencoded());
    return app.use(onExpressAlone(login));
  },
  'Express behind a parser that keeps the text'(login) {
    const app = express();
    app.use(express.text({ type: '*/*' }));
    return app.use(onExpressAlone(login));
  },
  'Express behind a parser that keeps the bytes'(login) {
    const app = express();
    app.use(express.raw({ type: '*/*' }));
    return app.use(onExpressAlone(login));
  },
  'a handler of Request to Response'(login) {
    const { GET, POST } = onNext.loginRoutes(login);
    const page = onNext.requireLogin(login, (_request, session) => Response.json({ of: session.claims?.sub }));
    return asListener((request) => {
      if (new URL(request.url).pathname === '/page') return page(request);
      return request.method === 'POST' ? POST(request) : GET(request);
    });
  },
};

function onExpressAlone(login: onExpress.WebLogin) {
  const app = express();
  app.use(onExpress.loginRoutes(login));
  app.get('/page', onExpress.requireLogin(login), (request, response) => {
    response.json({ of: onExpress.sessionOf(request).claims?.sub });
  });
  return app;
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
    backchannelLogoutUri: `${origin}/auth/backchannel-logout`,
  });
  const stored = new Map<string, string>();
  const login = onExpress.createWebLogin({
    issuer: service.url,
    clientId,
    origin,
    scope: 'openid offline_access',
    sessions: {
      get: (key) => stored.get(key),
      set: (key, value) => stored.set(key, value),
      remove: (key) => stored.delete(key),
    },
    ...options,
  });
  const { close } = await serveLocally(listeners[name]?.(login), { host: 'localhost', port });
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
