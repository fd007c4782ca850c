import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import type { BrowserSession } from '../support/browser-session';
import { registerAs, blocksOf, runModule, secretOf } from '../support/client-guide';
import { askWith, loggedIn, locationOf } from '../support/pkce-login';
import { startServiceOn, type TestService } from '../support/service';
import { emptyStore, storesUnderTest } from '../support/stores';

const app = 'http://127.0.0.1:49160';

/** What a module of docs/clients.md exports. `Login` is what it keeps until the browser is back. */
interface ClientModule<Login, Logout> {
  begin(redirectUri?: string): Promise<{ url: URL; login: Login }>;
  finish(url: URL, login: Login): Promise<oauth.TokenEndpointResponse>;
  refresh(refreshToken: string | undefined): Promise<oauth.TokenEndpointResponse>;
  logout(token: string | undefined): Logout;
}

/** Both refuse plain http unless they are told, also on loopback; a deployment has https. */
const insecure = {
  'openid-client': {
    ...client,
    discovery: (...[issuer, id, metadata, authentication]: Parameters<typeof client.discovery>) =>
      client.discovery(issuer, id, metadata, authentication, { execute: [client.allowInsecureRequests] }),
  },
  oauth4webapi: Object.fromEntries(
    Object.entries(oauth).map(([name, member]) => {
      if (!name.endsWith('Request')) return [name, member];
      const request = member as (...given: unknown[]) => unknown;
      return [name, (...given: unknown[]) => request(...given, { [oauth.allowInsecureRequests]: true })];
    }),
  ),
};

describe.each(storesUnderTest)('the client libraries of docs/clients.md on %s', (storeName) => {
  const store = emptyStore(storeName);
  let service: TestService;
  let browser: BrowserSession;
  let secret: string;

  beforeAll(async () => {
    secret = secretOf(await registerAs('openid-client', store, { app }));
    await registerAs('oauth4webapi', store, { app });
    service = await startServiceOn(store);
    browser = await loggedIn(service);
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  function moduleOf<Login, Logout>(heading: string): Promise<ClientModule<Login, Logout>> {
    const substitutes = { issuer: service.url, app, env: { TESSERA_SECRET: secret } };
    const [block = ''] = blocksOf(heading, 'js', substitutes);
    return runModule(block, insecure, substitutes);
  }

  async function locationAfter(url: URL): Promise<URL> {
    const response = await browser.fetch(url.pathname + url.search);
    return locationOf(response, service);
  }

  it('given openid-client, when it is set up as the page says, then it logs in, refreshes and logs out', async () => {
    const module = await moduleOf<object, URL>('openid-client');
    browser = await loggedIn(service);

    const { url, login } = await module.begin();
    const tokens = await module.finish(await locationAfter(url), login);
    const refreshed = await module.refresh(tokens.refresh_token);
    const back = await locationAfter(module.logout(tokens.id_token));
    const again = await locationAfter((await module.begin()).url);

    expect(tokens.scope).toBe('openid profile offline_access');
    expect((await askWith(service, refreshed.access_token)).status).toBe(200);
    expect(back.href).toBe(`${app}/`);
    expect(again.pathname).toBe('/login');
  });

  it('given oauth4webapi, when it is set up as the page says, then it logs in, refreshes and logs out', async () => {
    const module = await moduleOf<object, Promise<undefined>>('oauth4webapi');
    browser = await loggedIn(service);

    const { url, login } = await module.begin('http://127.0.0.1:49161/callback');
    const tokens = await module.finish(await locationAfter(url), login);
    const refreshed = await module.refresh(tokens.refresh_token);
    const before = await askWith(service, refreshed.access_token);
    await module.logout(refreshed.refresh_token);
    const after = await askWith(service, refreshed.access_token);

    expect([before.status, after.status]).toEqual([200, 401]);
    await expect(module.refresh(refreshed.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});
