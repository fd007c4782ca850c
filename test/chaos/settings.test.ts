import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { ClientStore } from '../../src/clients/client-store';
import { BrowserSession } from '../support/browser-session';
import { freePort } from '../support/free-port';
import { authorizationQuery } from '../support/pkce-login';
import { startService, startServiceOn, type TestService } from '../support/service';
import { endedService } from '../support/service-process';
import { emptyStore, storesUnderTest, type TestStore } from '../support/stores';

const withoutStore = { DATA_DIR: '/nonexistent/tessera' };

describe('a start that is refused', () => {
  it('given a wrong setting, when the service starts, then it ends with 78 and one line', async () => {
    const { status, stderr } = await endedService({ ...withoutStore, PORT: 'x' });

    expect(status).toBe(78);
    expect(stderr).toBe('PORT: "x" is not allowed; allowed: a whole number from 1 to 65535\n');
  });

  it('given a wrong setting and several workers, when the service starts, then it ends with 78 and one line', async () => {
    const { status, stderr } = await endedService({ ...withoutStore, WORKERS: '3', ADMIN_TOKEN: 'short' });

    expect(status).toBe(78);
    expect(stderr).toBe('ADMIN_TOKEN: (hidden) is not allowed; allowed: at least 32 printable characters\n');
  });

  it('given an option that the driver does not know in MONGODB_URI, when the service starts, then it ends with 78', async () => {
    const { status, stderr } = await endedService({ MONGODB_URI: 'mongodb://127.0.0.1:9/tessera?colour=blue' });

    expect(status).toBe(78);
    expect(stderr).toBe('MONGODB_URI: (hidden) is not allowed; allowed: options that the driver knows\n');
  });

  it('given an address that this machine does not have, when the service starts, then it ends with 78', async () => {
    const store = emptyStore('lmdb');

    const { status, stderr } = await endedService({ ...store.env, HOST: '192.0.2.1' });

    await store.remove();
    expect(status).toBe(78);
    expect(stderr).toBe('HOST: "192.0.2.1" is not allowed; allowed: a name or IP address of this machine\n');
  });

  it('given a port in use and several workers, when the service starts, then it ends', async () => {
    const port = await freePort();
    const holder = createServer().listen(port, 'localhost');
    await once(holder, 'listening');
    const store = emptyStore('lmdb');

    const { status } = await endedService({ ...store.env, WORKERS: '2', PORT: String(port) });

    holder.close();
    await store.remove();
    expect(status).toBe(1);
  });
});

describe.each(storesUnderTest)('production on %s', (name) => {
  let store: TestStore;

  beforeAll(() => {
    store = emptyStore(name);
  });
  afterAll(() => store.remove());

  it('given a store with demo data and two workers, when it starts, then it ends with 78 and one line', async () => {
    const development = await startServiceOn(store);
    await development.stop();

    const { status, stderr } = await endedService({ ...store.env, NODE_ENV: 'production', WORKERS: '2' });

    expect(status).toBe(78);
    expect(stderr).toMatch(
      /^(?:DATA_DIR|MONGODB_URI): the store holds demo accounts or keys [^\n]+; allowed in production: [^\n]+\n$/,
    );
  });
});

describe.each(storesUnderTest)('production on an empty %s', (name) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(name, { NODE_ENV: 'production', ISSUER: 'https://auth.example' });
  });
  afterAll(() => service.stop());

  it('given production, when it serves, then no demo client exists', async () => {
    const response = await fetch(`${service.url}/authorize?${authorizationQuery()}`, {
      headers: { accept: 'application/json' },
    });

    expect(await service.app.get(ClientStore).list()).toEqual([]);
    expect(await response.json()).toMatchObject({ reason: 'client_unknown' });
  });

  it('given production, when the demo user logs in, then the login fails', async () => {
    const browser = new BrowserSession(service.url);
    const html = await (await browser.fetch('/login')).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';

    const response = await browser.postForm('/login', { csrf, username: 'user0', password: 'password0' });

    expect(response.status).toBe(401);
  });

  it('given production, when /debug/state is asked, then nothing is there', async () => {
    expect((await fetch(`${service.url}/debug/state`)).status).toBe(404);
  });

  it('given https, when a page is shown, then its cookie is Secure and bound to the host, and browsers stay on https', async () => {
    const response = await fetch(`${service.url}/login`);

    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
    expect(response.headers.get('strict-transport-security')).toContain('max-age=31536000');
  });

  it('given production, when metadata is read, then every URL begins with the issuer', async () => {
    const metadata = (await (await fetch(`${service.url}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >;

    const urls = Object.entries(metadata).filter(([key]) => /_(?:endpoint|uri)$/.test(key));
    for (const [, url] of urls) expect(url).toMatch(/^https:\/\/auth\.example\//);
  });
});
