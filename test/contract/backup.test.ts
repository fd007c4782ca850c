import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { storeForm } from '../../src/platform/storage/environment';
import { AuditVerification } from '../../src/operations/audit/audit-verification';
import { MongoDatabase } from '../../src/platform/storage/mongo-database';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { fixtureOfEach } from '../support/run/fixture';
import { newDirectory } from '../support/run/temporary-directory';
import { logIn } from '../support/clients/logged-in-client';
import { askWith, codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { startServiceOn, type TestService } from '../support/service/service';
import { contentsOf, dataFileOf } from '../support/stores/store-contents';
import { emptyStore, type StoreName, bothStores, type TestStore } from '../support/stores/stores';
import { startTypeScript, type TsProcess } from '../support/run/ts-process';
import { newAccount, signIn } from '../support/clients/wallet';

/** A key that the store's own files must not give away. */
const settings = { KEY_ENCRYPTION_KEYS: Buffer.alloc(32, 'of a backup').toString('base64url'), SIGNING_ALG: 'ES256' };

describe.each(bothStores)('a backup of %s', (name) => {
  const restored = fixtureOfEach(() => emptyStore(name));
  const store = fixtureOfEach(() => emptyStore(name));
  const directory = fixtureOfEach(newDirectory);
  let service: TestService;

  beforeEach(async () => {
    service = await startServiceOn(store, settings);
  });
  afterEach(() => service.stop());

  it('given logins under way, when the store is copied and the copy is started, then what was done is done, and what is good is good', async () => {
    const browser = await loggedIn(service);
    const [spent, live] = [await codeFor(service, browser), await codeFor(service, browser)];
    const { client, tokens } = await logIn(service, browser, { scope: 'openid offline_access' });
    await redeem(service, spent);
    let ended = false;
    const load = writesUntil(service, () => ended);

    await copied(name, store, restored);
    ended = true;
    const logins = await load;
    const port = String(service.config.port);
    await service.stop();
    service = await startServiceOn(restored, { ...settings, PORT: port });

    const [me, again, first] = [
      await askWith(service, tokens.accessToken),
      await redeem(service, spent),
      await redeem(service, live),
    ];
    const refreshed = await client.refresh();
    const trail = await service.app.get(AuditVerification).verify();
    expect(logins).toBeGreaterThan(0);
    expect(trail.faults).toEqual([]);
    // Those of the last second had not been written yet.
    expect(trail.events).toBeGreaterThan(0);
    expect([me.status, first.status]).toEqual([200, 200]);
    expect(refreshed.accessToken).not.toBe(tokens.accessToken);
    expect(again.body['reason']).toBe('code_used');
  });

  if (name === 'lmdb') {
    it('given a running service, when its store is copied, then the copy is private, has no key in plain text, and none is written over', async () => {
      const target = join(restored.env['DATA_DIR'] ?? '', 'copy');

      const statuses = [await backup(store, target).exited, await backup(store, target).exited];

      const modes = [target, join(target, 'lmdb'), join(target, 'lmdb/data.mdb')].map((path) =>
        (statSync(path).mode & 0o777).toString(8),
      );
      expect(statuses).toEqual([0, 64]);
      expect(modes).toEqual(['700', '700', '600']);
      expect(readdirSync(join(target, 'lmdb'))).toEqual(['data.mdb']);
      expect(dataFileOf({ DATA_DIR: target }).length).toBeGreaterThan(0);
    });

    it('given a plain key that was encrypted since, when the store is copied, then the copy does not hold it', async () => {
      const plain = emptyStore(name);
      const before = await startServiceOn(plain, { SIGNING_ALG: 'ES256' });
      const [key] = await before.app.get(SigningKeyStore).list();
      await before.stop();
      const { d = '' } = (key?.privateJwk ?? {}) as JWK;
      const wasThere = dataFileOf(plain.env).includes(d);
      await (await startServiceOn(plain, settings)).stop();

      await copied(name, plain, restored);

      await plain.remove();
      expect(d.length).toBeGreaterThan(40);
      expect(wasThere).toBe(true);
      expect(dataFileOf(restored.env).includes(d)).toBe(false);
    });

    it.each([
      ['no directory', [], {}],
      ['two directories', ['copy', 'another'], {}],
      ['no store there', ['copy'], { DATA_DIR: '/nonexistent/tessera' }],
    ])(
      'given %s, when it is to be copied, then the command says what it needs and ends with 64',
      async (_case, args, env) => {
        const command = startTypeScript('src/apps/cli/main.ts', ['store', 'backup', ...args], {
          ...store.env,
          ...settings,
          ...env,
        });

        expect(await command.exited).toBe(64);
        expect(command.output()).toMatch(
          /^tessera: (?:<directory> is missing|only one argument is allowed|there is no store)/,
        );
        expect(existsSync('copy')).toBe(false);
      },
    );
  } else {
    it('given a running service, when its store is copied, then the files are private, and have no key in plain text', async () => {
      const target = join(directory.path, 'copy');

      const statuses = [await backup(store, target).exited, await backup(store, target).exited];

      const files = readdirSync(target).toSorted();
      const modes = [target, ...files.map((file) => join(target, file))].map((path) =>
        (statSync(path).mode & 0o777).toString(8),
      );
      const keys = readFileSync(join(target, 'signing_keys.jsonl'), 'utf8');
      expect(statuses).toEqual([0, 64]);
      expect(files).toEqual(expect.arrayContaining(['clients.jsonl', 'grants.jsonl', 'meta.jsonl', 'users.jsonl']));
      expect(modes).toEqual(['700', ...files.map(() => '600')]);
      expect(keys).toMatch(/"privateJwk":"[\w-]+\.\.[\w.-]+"/);
      expect(keys).not.toMatch(/"d":/);
    });

    it('given records of more than one page, when they are copied and restored, then all are there, of the same types', async () => {
      const from = service.app.get(MongoDatabase).connection.collection<{ _id: string; at: Date; of: number }>('many');
      const records = Array.from({ length: 1_203 }, (_, of) => ({ _id: `record ${of}`, at: new Date(of), of }));
      await from.insertMany(records);

      await copied(name, store, restored);

      await service.stop();
      service = await startServiceOn(restored, settings);
      const to = service.app.get(MongoDatabase).connection.collection<{ _id: string; at: Date; of: number }>('many');
      expect(await to.countDocuments()).toBe(1_203);
      expect(await to.findOne({ _id: 'record 1202' })).toEqual({ _id: 'record 1202', at: new Date(1202), of: 1202 });
    });

    it('given a database that holds records, another environment, a copy of another form, or no backup, when it is restored into, then it is refused and stays as it is', async () => {
      const target = join(directory.path, 'copy');
      await succeeded(backup(store, target));
      await service.stop();
      const before = [await contentsOf(name, store), await contentsOf(name, restored)];

      const full = restore(store, target);
      const other = restore(restored, target, { NODE_ENV: 'production' });
      const none = restore(restored, directory.path);
      const form = restore(restored, ofAnotherForm(target));
      const statuses = [await full.exited, await other.exited, await none.exited, await form.exited];

      const after = [await contentsOf(name, store), await contentsOf(name, restored)];
      service = await startServiceOn(store, settings);
      expect(statuses).toEqual([64, 78, 64, 78]);
      expect(form.output()).toBe(
        `tessera: MONGODB_URI: (hidden) is not allowed; allowed: a store of form ${storeForm}; this one is of form ${storeForm + 1}\n`,
      );
      expect(other.output()).toMatch(
        /^tessera: MONGODB_URI: \(hidden\) is not allowed; allowed: in production a store of its own[^\n]+\n$/,
      );
      expect(after).toEqual(before);
    });

    it('given a database that is away, when it is copied, then it ends with 69 and one line', async () => {
      const target = join(directory.path, 'copy');

      const away = backup(store, target, { MONGODB_URI: 'mongodb://127.0.0.1:1/none' });

      expect(await away.exited).toBe(69);
      expect(away.output()).toBe('tessera: the database does not answer; run the command again when it does\n');
      expect(existsSync(target)).toBe(false);
    });
  }

  it('given a store of development, when production copies it, then it ends with 78 and nothing is copied or written', async () => {
    await service.stop();
    const before = await contentsOf(name, store);

    const status = await backup(store, join(directory.path, 'copy'), { NODE_ENV: 'production' }).exited;
    const after = await contentsOf(name, store);
    service = await startServiceOn(store, settings);

    expect(status).toBe(78);
    expect(readdirSync(directory.path)).toEqual([]);
    expect(after).toBe(before);
  });
});

/** Logs in again and again; returns how often. */
async function writesUntil(service: TestService, ended: () => boolean): Promise<number> {
  let count = 0;
  while (!ended()) {
    const { answer } = await signIn(service, newAccount());
    if (answer.status === 200) count += 1;
  }
  return count;
}

/** As docs/operations.md says it. */
async function copied(name: StoreName, from: TestStore, to: TestStore): Promise<void> {
  if (name === 'lmdb') {
    const target = to.env['DATA_DIR'] ?? '';
    rmSync(target, { recursive: true });
    await succeeded(backup(from, target));
    return;
  }
  const { path, remove } = newDirectory();
  await succeeded(backup(from, join(path, 'copy')));
  await succeeded(restore(to, join(path, 'copy')));
  remove();
}

function backup({ env }: TestStore, directory: string, more: Readonly<Record<string, string>> = {}): TsProcess {
  return startTypeScript('src/apps/cli/main.ts', ['store', 'backup', directory], { ...env, ...settings, ...more });
}

function restore({ env }: TestStore, directory: string, more: Readonly<Record<string, string>> = {}): TsProcess {
  return startTypeScript('src/apps/cli/main.ts', ['store', 'restore', directory], { ...env, ...settings, ...more });
}

async function succeeded(command: TsProcess): Promise<void> {
  if ((await command.exited) !== 0) throw new Error(command.output());
}

/** A copy of the copy, with the number of another form. */
function ofAnotherForm(copy: string): string {
  const other = `${copy}-of-another-form`;
  cpSync(copy, other, { recursive: true });
  const meta = readFileSync(join(other, 'meta.jsonl'), 'utf8');
  writeFileSync(
    join(other, 'meta.jsonl'),
    meta.replace(`"form":{"$numberInt":"${storeForm}"}`, `"form":{"$numberInt":"${storeForm + 1}"}`),
  );
  return other;
}
