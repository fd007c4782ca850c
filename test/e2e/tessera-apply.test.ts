import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { hashPassword } from '../../src/domain/credentials/password';
import { newId } from '../../src/domain/credentials/secret';
import { UserStore } from '../../src/domain/identity/user-store';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession } from '../support/clients/browser-session';
import { eventually } from '../support/run/eventually';
import { logIn } from '../support/clients/logged-in-client';
import { sendPassword } from '../support/clients/login-page';
import { askWith } from '../support/clients/pkce-login';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { startServiceOn } from '../support/service/service';
import { breakableStore, outagesOf } from '../support/stores/store-outage';
import { emptyStore, bothStores } from '../support/stores/stores';
import { tesseraHere } from '../support/operations/tessera-command';
import { startTypeScript } from '../support/run/ts-process';

const unavailable = 'tessera: the database does not answer; run the command again when it does\n';

const path = join(temporaryDirectory(), 'tessera.yaml');

/** Writes a file with a client and so many users. */
function writeUsers(count: number): void {
  const users = Array.from(
    { length: count },
    (_, at) => `  - { username: user-${at}, password: password of a user }\n`,
  );
  writeFileSync(
    path,
    `clients:\n  - client_id: web\n    redirect_uris: [https://a.example/cb]\nusers:\n${users.join('')}`,
  );
}

const added = (output: string) =>
  new Set([...output.matchAll(/^(?:user|client) (\S+) added/gm)].map(([, name]) => name));

describe.each(bothStores)('apply that is interrupted, on %s', (name) => {
  it.each(outagesOf[name])(
    'given a database that goes away (%s) in the middle, when it is applied again, then that completes it, and one more does nothing',
    async (outage) => {
      const store = await breakableStore(name);
      writeUsers(40);
      const interrupted = startTypeScript('src/apps/cli/main.ts', ['apply', path], store.env);
      await eventually(async () => added(interrupted.output()).size > 2, { withinMs: 50_000, everyMs: 5 });

      await store.goAway(outage);
      const status = await interrupted.exited;
      const before = added(interrupted.output());
      await store.comeBack();
      const next = await tesseraHere(['apply', path], store.env);
      const last = await tesseraHere(['apply', path], store.env);
      const { stdout } = await tesseraHere(['users', 'list', '--json'], store.env);
      await store.remove();

      expect([status, before.size < 41]).toEqual([69, true]);
      expect(interrupted.output()).toContain(unavailable);
      expect([next.status, next.stderr]).toEqual([0, '']);
      // One may have come into effect without an answer.
      expect([40, 41]).toContain(before.size + added(next.stdout).size);
      expect([last.status, last.stdout]).toEqual([0, 'nothing to change\n']);
      expect(JSON.parse(stdout).data).toHaveLength(40);
    },
  );

  it('given a run that ended between a new password and what that ends, when it is applied again, then it ends that, and once', async () => {
    const store = emptyStore(name);
    const service = await startServiceOn(store, { ADMIN_TOKEN: adminToken });
    const [username, password] = ['Anna', 'password of a user'];
    const { body } = await admin(service, 'POST', '/users', { username, password });
    const browser = new BrowserSession(service.url);
    await sendPassword(browser, { username, password });
    const { tokens } = await logIn(service, browser);
    const passwordHash = await hashPassword('another password');
    const changed = await service.app
      .get(UserStore)
      .change(String(body['id']), (user) => ({ ...user, passwordHash, endingDue: newId() }));
    writeFileSync(path, `users:\n  - username: ${username}\n    password: another password\n`);

    const before = (await askWith(service, tokens.accessToken)).status;
    const first = await tesseraHere(['apply', path], store.env);
    const after = (await askWith(service, tokens.accessToken)).status;
    const second = await tesseraHere(['apply', path], store.env);
    const found = await service.app.get(UserStore).find(String(body['id']));
    await service.stop();
    await store.remove();

    expect([before, after]).toEqual([200, 401]);
    expect([first.stdout, second.stdout]).toEqual([
      'user Anna changed: sessions, grants, managed\n',
      'nothing to change\n',
    ]);
    expect([changed?.passwordHash, found?.passwordHash, found?.endingDue]).toEqual([
      passwordHash,
      passwordHash,
      undefined,
    ]);
  });
});

it('given a database that goes away before the answer, when apply --json runs, then what it did is told', async () => {
  const store = await breakableStore('lmdb');
  writeUsers(200);
  const interrupted = startTypeScript('src/apps/cli/main.ts', ['apply', path, '--json'], store.env);
  const isThere = async () => (await tesseraHere(['users', 'show', 'user-0'], store.env)).status === 0;
  await eventually(isThere, { withinMs: 50_000 });

  await store.goAway('removed');
  const status = await interrupted.exited;
  await store.remove();

  // Besides, the log says that the audit trail could not be written either.
  const told = interrupted.output().replace(/^\{"level":.*\n/m, '');
  const { changes } = JSON.parse(told.replace(unavailable, ''));
  expect(status).toBe(69);
  const secret = expect.stringMatching(/^[\w-]{43}$/);
  expect(changes[0]).toMatchObject({ kind: 'client', name: 'web', client_secret: secret });
});
