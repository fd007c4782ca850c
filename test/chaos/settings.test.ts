import { importJWK, type JWK, SignJWT } from 'jose';
import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientStore } from '../../src/domain/clients/client-store';
import { hashSecret, newId, newSecret } from '../../src/domain/credentials/secret';
import { UserStore } from '../../src/domain/identity/user-store';
import { SessionStore } from '../../src/protocols/login/session-store';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession } from '../support/clients/browser-session';
import { fixture } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { authorizationQuery } from '../support/clients/pkce-login';
import { startService, startServiceOn } from '../support/service/service';
import { endedService } from '../support/service/service-process';
import { breakableStore } from '../support/stores/store-outage';
import { emptyStore, bothStores } from '../support/stores/stores';

const withoutStore = { DATA_DIR: '/nonexistent/tessera' };

describe('a start that is refused', () => {
  const production = { ...withoutStore, NODE_ENV: 'production' };
  const noKeys = /^KEY_ENCRYPTION_KEYS: \(none\) is not allowed; allowed: [^\n]+, in production at least one\n$/;

  it.each<[what: string, settings: Readonly<Record<string, string>>, line: string | RegExp]>([
    [
      'a wrong setting',
      { ...withoutStore, PORT: 'x' },
      'PORT: "x" is not allowed; allowed: a whole number from 1 to 65535\n',
    ],
    [
      'a wrong setting and several workers',
      { ...withoutStore, WORKERS: '3', ADMIN_TOKEN: 'short' },
      'ADMIN_TOKEN: (hidden) is not allowed; allowed: at least 32 printable characters, without commas; or two such, separated by a comma\n',
    ],
    ['production without KEY_ENCRYPTION_KEYS', { ...production, KEY_ENCRYPTION_KEYS: '' }, noKeys],
    ['the same and three workers', { ...production, WORKERS: '3', KEY_ENCRYPTION_KEYS: '' }, noKeys],
    [
      'a wrong KEY_ENCRYPTION_KEYS, which is not shown',
      { ...withoutStore, KEY_ENCRYPTION_KEYS: 'a-secret-of-nobody' },
      /^KEY_ENCRYPTION_KEYS: \(hidden\) is not allowed; allowed: [^\n]+\n$/,
    ],
    [
      'production and an http issuer of another host',
      { ...production, ISSUER: 'http://auth.example' },
      /^ISSUER: "http:\/\/auth.example" is not allowed; allowed: an https origin in production [^\n]+\n$/,
    ],
    [
      'an option that the driver does not know in MONGODB_URI',
      { MONGODB_URI: 'mongodb://127.0.0.1:9/tessera?colour=blue' },
      'MONGODB_URI: (hidden) is not allowed; allowed: options that the driver knows\n',
    ],
  ])('given %s, when the service starts, then it ends with 78 and one line', async (_what, settings, line) => {
    const { status, stderr } = await endedService(settings);

    expect(status).toBe(78);
    expect(stderr).toEqual(typeof line === 'string' ? line : expect.stringMatching(line));
  });

  const store = fixture(() => emptyStore('lmdb'));

  it('given an address that this machine does not have, when the service starts, then it ends with 78', async () => {
    const { status, stderr } = await endedService({ ...store.env, HOST: '192.0.2.1' });

    expect(status).toBe(78);
    expect(stderr).toBe('HOST: "192.0.2.1" is not allowed; allowed: a name or IP address of this machine\n');
  });

  it('given a port in use and several workers, when the service starts, then it ends', async () => {
    const port = await freePort();
    const holder = createServer().listen(port, 'localhost');
    await once(holder, 'listening');

    const { status } = await endedService({ ...store.env, WORKERS: '2', PORT: String(port) });

    holder.close();
    expect(status).toBe(1);
  });
});

describe.each(bothStores)('production on %s', (name) => {
  const store = fixture(() => emptyStore(name));

  it('given a store with demo data and two workers, when it starts, then it ends with 78 and one line', async () => {
    const development = await startServiceOn(store);
    await development.stop();

    const { status, stderr } = await endedService({ ...store.env, NODE_ENV: 'production', WORKERS: '2' });

    expect(status).toBe(78);
    expect(stderr).toMatch(
      /^(?:DATA_DIR|MONGODB_URI): [^\n]+ is not allowed; allowed: in production a store of its own; this one is of development [^\n]+\n$/,
    );
  });

  it('given a store that production left, when development starts there, with one worker and with two, then it ends with 78 and one line', async () => {
    const empty = emptyStore(name);
    const production = await startServiceOn(empty, { NODE_ENV: 'production', ISSUER: 'https://auth.example' });
    await production.stop();

    const refused = [await endedService(empty.env), await endedService({ ...empty.env, WORKERS: '2' })];

    await empty.remove();
    for (const { status, stderr, output } of refused) {
      expect(status).toBe(78);
      expect(output).toBe(stderr);
      expect(stderr).toMatch(
        /^(?:DATA_DIR|MONGODB_URI): [^\n]+ is not allowed; allowed: in development a store of its own; this one is of production [^\n]+\n$/,
      );
    }
  });

  it('given demo records that were put into a store of production, when it starts again, then it ends with 78 and one line', async () => {
    const empty = emptyStore(name);
    const settings = { NODE_ENV: 'production', ISSUER: 'https://auth.example' };
    const production = await startServiceOn(empty, settings);
    await production.app.get(UserStore).save({ id: 'user0', username: 'user0', passwordHash: '', demo: true });
    await production.stop();

    const { status, stderr } = await endedService({ ...empty.env, ...settings });

    await empty.remove();
    expect(status).toBe(78);
    expect(stderr).toMatch(
      /^(?:DATA_DIR|MONGODB_URI): [^\n]+ is not allowed; allowed: in production a store without demo [^\n]+\n$/,
    );
  });

  // The embedded store is there when the process is.
  if (name === 'mongodb') {
    it('given a database that answers only later and is of development, when production waits for it, then it ends with 78', async () => {
      const late = await breakableStore(name);
      const development = await startServiceOn(late);
      await development.stop();
      await late.goAway('refusing');
      const ended = endedService({ ...late.env, NODE_ENV: 'production', WORKERS: '2' });
      await delay(3_000);

      await late.comeBack();
      const { status, stderr } = await ended;

      await late.remove();
      expect(status).toBe(78);
      expect(stderr).toMatch(
        /^MONGODB_URI: \(hidden\) is not allowed; allowed: in production a store of its own[^\n]+\n$/,
      );
    });
  }
});

describe.each(bothStores)('production on an empty %s', (name) => {
  const service = fixture(() =>
    startService(name, {
      NODE_ENV: 'production',
      ISSUER: 'https://auth.example',
      ADMIN_TOKEN: adminToken,
    }),
  );

  /** The demo user, at the login page. */
  async function logIn(): Promise<Response> {
    const browser = new BrowserSession(service.url);
    const html = await (await browser.fetch('/login')).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
    return browser.postForm('/login', { csrf, username: 'user0', password: 'password0' });
  }

  it('given production, when it serves, then no demo client exists', async () => {
    const response = await fetch(`${service.url}/authorize?${authorizationQuery()}`, {
      headers: { accept: 'application/json' },
    });

    expect(await service.app.get(ClientStore).list()).toEqual([]);
    expect(await response.json()).toMatchObject({ reason: 'client_unknown' });
  });

  it('given production, when the demo user logs in, then the login fails', async () => {
    const response = await logIn();

    expect(response.status).toBe(401);
  });

  it('given production, when /debug/state is asked, then nothing is there', async () => {
    expect((await fetch(`${service.url}/debug/state`)).status).toBe(404);
  });

  it('given demo records that somebody put there, when it is asked, then none of them is read', async () => {
    const development = await startService(name);
    const demoClient = await development.app.get(ClientStore).find('demo-spa');
    const demoUser = await development.app.get(UserStore).findByUsername('user0');
    const [demoKey] = await development.app.get(SigningKeyStore).list();
    await development.stop();
    if (demoClient === undefined || demoUser === undefined || demoKey === undefined) throw new Error('no demo records');
    await service.app.get(ClientStore).save(demoClient);
    await service.app.get(UserStore).save(demoUser);
    await service.app.get(SigningKeyStore).add({ ...demoKey, generation: 99 });
    service.clock.advance(11_000);

    const asked = await fetch(`${service.url}/authorize?${authorizationQuery()}`, {
      headers: { accept: 'application/json' },
    });
    const login = await logIn();
    const foreign = await new SignJWT({})
      .setProtectedHeader({ alg: demoKey.algorithm, typ: 'at+jwt', kid: demoKey.kid })
      .sign(await importJWK(demoKey.privateJwk as JWK, demoKey.algorithm));
    const me = await fetch(`${service.url}/api/me`, { headers: { authorization: `Bearer ${foreign}` } });
    const jwks = await (await fetch(`${service.url}/.well-known/jwks.json`)).text();

    expect(await asked.json()).toMatchObject({ reason: 'client_unknown' });
    expect([login.status, me.status]).toEqual([401, 401]);
    expect(jwks).not.toContain(demoKey.kid);
  });

  it('given what the demo user has, which somebody put there, when it is used or listed, then it is not there', async () => {
    const now = service.clock.now();
    const [secret, id] = [newSecret(), newId()];
    const authentication = { sub: 'user0', amr: ['pwd'], authTime: Math.floor(now / 1000) };
    const session = { id, secretHash: hashSecret(secret), authentication, createdAt: now, expiresAt: now + 60_000 };
    await service.app.get(SessionStore).begin(session);
    const own = await admin(service, 'POST', '/clients', {
      client_id: 'own',
      token_endpoint_auth_method: 'none',
      first_party: true,
      redirect_uris: ['https://app.example/callback'],
    });

    const query = authorizationQuery({ client_id: 'own', redirect_uri: 'https://app.example/callback' });
    const asked = await fetch(`${service.url}/authorize?${query}`, {
      headers: { cookie: `__Host-tessera_session=${id}.${secret}` },
      redirect: 'manual',
    });
    const lists = await Promise.all(
      ['/clients', '/users', '/sessions', '/grants', '/keys'].map((path) => admin(service, 'GET', path)),
    );

    expect(own.status).toBe(201);
    expect(asked.headers.get('location')).toMatch(/^\/login\?/);
    expect(lists.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(JSON.stringify(lists.map(({ body }) => body))).not.toMatch(/demo|user0/);
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
