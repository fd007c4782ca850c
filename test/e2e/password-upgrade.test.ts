import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { hash as argon2Hash } from '@node-rs/argon2';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { newId } from '../../src/domain/credentials/secret';
import { type User, UserStore } from '../../src/domain/identity/user-store';
import { PasswordUpgrades } from '../../src/protocols/login/password-upgrades';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession } from '../support/clients/browser-session';
import { sendPassword } from '../support/clients/login-page';
import { from, trustingItsPeer } from '../support/operations/audit';
import { eventually } from '../support/run/eventually';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore, bothStores } from '../support/stores/stores';
import { tesseraHere } from '../support/operations/tessera-command';

const password = 'correct horse battery';
const good = { memoryCost: 32_768, timeCost: 2, parallelism: 1 };
const ours = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/;
const weaker: readonly [what: string, made: () => Promise<string>][] = [
  ['bcrypt ($2a$)', () => bcryptOf('2a')],
  ['bcrypt ($2b$)', () => bcryptOf('2b')],
  ['bcrypt ($2y$)', () => bcryptOf('2y')],
  ['a weaker Argon2id', () => argon2Hash(password, { memoryCost: 8_192, timeCost: 1, parallelism: 2 })],
];

async function bcryptOf(version: string, of = password): Promise<string> {
  return (await bcryptHash(of, { cost: 5 })).replace(/^\$2.\$/, `$${version}$`);
}

const isSignedIn = async (browser: BrowserSession) => (await browser.fetch('/account')).status === 200;

describe.each(bothStores)('hashes of passwords from elsewhere on %s', (name) => {
  const directory = temporaryDirectory();
  const store = fixture(() => emptyStore(name));
  const service = fixture(() => startServiceOn(store, { ADMIN_TOKEN: adminToken }, () => store.remove()));
  const users = fixture(() => service.app.get(UserStore));

  async function newUser(passwordHash: string) {
    const username = newId();
    const { status, body } = await admin(service, 'POST', '/users', { username, password_hash: passwordHash });
    expect(status).toBe(201);
    return { username, id: String(body['id']), path: `/users/${String(body['id'])}`, added: body };
  }

  async function logIn(username: string, shown = password) {
    const browser = new BrowserSession(service.url);
    const { status } = await sendPassword(browser, { username, password: shown });
    return { browser, status };
  }

  const stored = async (id: string): Promise<User | undefined> => users.find(id);
  const upgraded = async (id: string) =>
    eventually(async () => ours.test((await stored(id))?.passwordHash ?? ''), { withinMs: 30_000, everyMs: 10 });

  it.each(weaker)(
    'given %s, when its password logs in, then it is upgraded, the session goes on, and the next login works',
    async (_what, made) => {
      const { username, id, path, added } = await newUser(await made());

      const first = await logIn(username);
      await upgraded(id);
      const statuses = [await logIn(username), await logIn(username, 'another password'), await logIn(username, '')];

      expect([first.status, ...statuses.map(({ status }) => status)]).toEqual([303, 303, 401, 401]);
      expect(await isSignedIn(first.browser)).toBe(true);
      expect((await admin(service, 'GET', path)).body).toEqual(added);
    },
  );

  it.each<[what: string, made: () => Promise<string>, shown: string, isDisabled: boolean, status: number]>([
    ['a wrong password', () => bcryptOf('2b'), 'another password', false, 401],
    ['a hash that is as good as ours', () => argon2Hash(password, good), password, false, 303],
    ['a user who is disabled', () => bcryptOf('2b'), password, true, 401],
  ])('given %s, when the password comes, then nothing is upgraded', async (_what, made, shown, disabled, expected) => {
    const passwordHash = await made();
    const { username, id, path } = await newUser(passwordHash);
    await admin(service, 'PATCH', path, { disabled });

    const { status } = await logIn(username, shown);
    await delay(200);

    expect([status, (await stored(id))?.passwordHash]).toEqual([expected, passwordHash]);
  });

  it('given more than 72 bytes, when the login has upgraded the hash, then all of them count', async () => {
    const long = 'ü'.repeat(40);
    const { username, id } = await newUser(await bcryptOf('2b', long));

    const first = await logIn(username, long);
    await upgraded(id);

    expect([first.status, (await logIn(username, long)).status]).toEqual([303, 303]);
    expect((await logIn(username, long.slice(0, 36))).status).toBe(401);
  });

  it('given many logins at once, when one of them upgrades the hash, then none is refused', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { username, id } = await newUser(await bcryptOf('2b'));

      const logins = await Promise.all(
        Array.from({ length: 8 }, async (_, place) => {
          await delay(place * 5 * round);
          return logIn(username);
        }),
      );
      await upgraded(id);

      expect(logins.map(({ status }) => status)).toEqual(logins.map(() => 303));
      expect(await Promise.all(logins.map(({ browser }) => isSignedIn(browser)))).toEqual(logins.map(() => true));
    }
  });

  it('given another password that is set at every moment around a login, when all is done, then it alone is right', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { username, path } = await newUser(await bcryptOf('2b'));
      const login = logIn(username);
      await delay(round * 10);

      const { status } = await admin(service, 'PATCH', path, { password: 'the new password' });
      const { browser } = await login;
      await delay(150);

      expect(status).toBe(200);
      expect(await isSignedIn(browser)).toBe(false);
      expect((await logIn(username)).status).toBe(401);
      expect((await logIn(username, 'the new password')).status).toBe(303);
    }
  });

  it('given a profile that is changed, when the hash was upgraded, then it stays upgraded, and so do known browsers', async () => {
    const { username, id, path } = await newUser(await bcryptOf('2b'));
    await logIn(username);
    await upgraded(id);
    const before = await stored(id);

    await admin(service, 'PATCH', path, { name: 'Anna Karenina' });
    const renamed = await stored(id);
    await admin(service, 'PATCH', path, { password: 'the new password' });

    expect(renamed).toMatchObject({
      passwordHash: before?.passwordHash,
      passwordVersion: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await stored(id)).not.toHaveProperty('passwordVersion');
  });

  it('given an end of the service, when an upgrade is under way, then it is completed before the store closes, and none begins', async () => {
    const [passwordHash, other] = [await bcryptOf('2b'), await bcryptOf('2b')];
    const [ending, late] = [await newUser(passwordHash), await newUser(other)];
    const upgrades = new PasswordUpgrades(users);

    upgrades.begin({ ...ending, passwordHash, demo: false }, password);
    await upgrades.beforeApplicationShutdown();
    upgrades.begin({ ...late, passwordHash: other, demo: false }, password);
    const after = await stored(ending.id);
    await delay(200);

    expect(after?.passwordHash).toMatch(ours);
    expect((await stored(late.id))?.passwordHash).toBe(other);
  });

  it('given a file with the hash, when it is applied again after the upgrade, then there is nothing to change', async () => {
    const [path, username, passwordHash] = [join(directory, 'tessera.yaml'), newId(), await bcryptOf('2y')];
    writeFileSync(path, `users:\n  - username: ${JSON.stringify(username)}\n    password_hash: ${passwordHash}\n`);

    const first = await tesseraHere(['apply', path], store.env);
    const { browser, status } = await logIn(username);
    await upgraded((await users.findByUsername(username))?.id ?? '');
    const second = await tesseraHere(['apply', path], store.env);
    writeFileSync(
      path,
      `users:\n  - { username: ${JSON.stringify(username)}, password_hash: ${await bcryptOf('2y')} }\n`,
    );
    const isSignedInBefore = await isSignedIn(browser);
    const third = await tesseraHere(['apply', path], store.env);

    expect([first.status, first.stdout]).toEqual([0, `user ${username} added: username, password_hash\n`]);
    expect([status, second.stdout, isSignedInBefore]).toEqual([303, 'nothing to change\n', true]);
    expect([third.stdout, await isSignedIn(browser)]).toEqual([`user ${username} changed: password_hash\n`, false]);
  });

  it('given the command, when a user is added with a hash of bcrypt, then the password logs in', async () => {
    const username = `u${newId()}`;
    const hash = await bcryptOf('2a');

    const { status } = await tesseraHere(['users', 'add', '--username', username, '--password-hash', hash], store.env);

    expect([status, (await logIn(username)).status]).toEqual([0, 303]);
  });
});

describe.each(bothStores)('known browsers of an upgraded hash on %s', (name) => {
  it('given limits, when strangers used up the guesses at a user whose hash was upgraded, then the known browser still logs in', async () => {
    const store = emptyStore(name);
    const env = { ADMIN_TOKEN: adminToken, RATE_LIMIT: 'on', ...trustingItsPeer };
    const service = await startServiceOn(store, env, () => store.remove());
    const users = service.app.get(UserStore);
    await admin(service, 'POST', '/users', { username: 'anna', password_hash: await bcryptOf('2b') });
    // All guesses of one hour.
    service.clock.advance(3_600_000 - (service.clock.now() % 3_600_000));
    const known = new BrowserSession(service.url);

    const first = await logInFrom('198.51.100.1', known, password);
    await eventually(async () => ours.test((await users.findByUsername('anna'))?.passwordHash ?? ''), {
      withinMs: 30_000,
    });
    for (let guess = 0; guess < 101; guess += 1) {
      await logInFrom(`203.0.113.${guess}`, new BrowserSession(service.url), 'wrong');
    }
    const [stranger, victim] = [
      await logInFrom('198.51.100.2', new BrowserSession(service.url), password),
      await logInFrom('198.51.100.3', known, password),
    ];
    await service.stop();

    expect([first, stranger, victim]).toEqual([303, 429, 303]);
  });
});

/** The status for the user anna. */
async function logInFrom(ip: string, browser: BrowserSession, shown: string): Promise<number> {
  return (await sendPassword(browser, { username: 'anna', password: shown }, from(ip))).status;
}
