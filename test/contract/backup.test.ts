import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { createConnection } from 'mongoose';
import { SigningKeyStore } from '../../src/tokens/signing-key-store';
import { askWith, codeFor, loggedIn, redeem, refresh } from '../support/pkce-login';
import { startServiceOn, type TestService } from '../support/service';
import { contentsOf, dataFileOf } from '../support/store-contents';
import { emptyStore, type StoreName, storesUnderTest, type TestStore } from '../support/stores';
import { startTypeScript } from '../support/ts-process';
import { challengeFor, newAccount, post } from '../support/wallet';

/** A key that the store's own files must not give away. */
const settings = { KEY_ENCRYPTION_KEYS: Buffer.alloc(32, 'of a backup').toString('base64url'), SIGNING_ALG: 'ES256' };

describe.each(storesUnderTest)('a backup of %s', (name) => {
  let store: TestStore;
  let restored: TestStore;
  let service: TestService;

  beforeEach(async () => {
    store = emptyStore(name);
    restored = emptyStore(name);
    service = await startServiceOn(store, settings);
  });
  afterEach(async () => {
    await service.stop();
    await store.remove();
    await restored.remove();
  });

  it('given logins under way, when the store is copied and the copy is started, then what was done is done, and what is good is good', async () => {
    const browser = await loggedIn(service);
    const [spent, live] = [await codeFor(service, browser), await codeFor(service, browser)];
    const done = await redeem(service, await codeFor(service, browser, { scope: 'openid offline_access' }));
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
      await askWith(service, done.body['access_token']),
      await redeem(service, spent),
      await redeem(service, live),
    ];
    const refreshed = await refresh(service, done.body['refresh_token']);
    expect(logins).toBeGreaterThan(0);
    expect([me.status, first.status, refreshed.status]).toEqual([200, 200, 200]);
    expect(again.body['reason']).toBe('code_used');
  });

  if (name === 'lmdb') {
    it('given a running service, when its store is copied, then the copy is private, has no key in plain text, and none is written over', async () => {
      const target = join(restored.env['DATA_DIR'] ?? '', 'copy');
      const copy = () => startTypeScript('src/backup-store.ts', [target], { ...store.env, ...settings });

      const statuses = [await copy().exited, await copy().exited];

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
      ['a store on MongoDB', ['copy'], { MONGODB_URI: 'mongodb://127.0.0.1:1/none' }],
      ['no store there', ['copy'], { DATA_DIR: '/nonexistent/tessera' }],
    ])(
      'given %s, when it is to be copied, then the command says what it needs and ends with 64',
      async (_case, args, env) => {
        const command = startTypeScript('src/backup-store.ts', args, { ...store.env, ...settings, ...env });

        expect(await command.exited).toBe(64);
        expect(command.output()).toMatch(/^(?:usage: store:backup|there is no store)/);
        expect(existsSync('copy')).toBe(false);
      },
    );

    it('given a store of development, when production copies it, then it ends with 78 and nothing is copied or written', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'tessera-test-'));
      await service.stop();
      const before = await contentsOf(name, store);

      const command = startTypeScript('src/backup-store.ts', [join(directory, 'copy')], {
        ...store.env,
        ...settings,
        NODE_ENV: 'production',
      });
      const status = await command.exited;
      const after = await contentsOf(name, store);
      service = await startServiceOn(store, settings);

      expect(status).toBe(78);
      expect(readdirSync(directory)).toEqual([]);
      expect(after).toBe(before);
      rmSync(directory, { recursive: true });
    });
  }
});

/** Logs in again and again; returns how often. */
async function writesUntil(service: TestService, ended: () => boolean): Promise<number> {
  let count = 0;
  while (!ended()) {
    const account = newAccount();
    const { nonce, message } = await challengeFor(service, account);
    const { status } = await post(service, '/wallet/verify', {
      nonce,
      signature: await account.signMessage({ message }),
    });
    if (status === 200) count += 1;
  }
  return count;
}

/** As docs/operations.md says it: by the command, or, as mongodump and mongorestore do, collection by collection. */
async function copied(name: StoreName, from: TestStore, to: TestStore): Promise<void> {
  if (name === 'lmdb') {
    const target = to.env['DATA_DIR'] ?? '';
    rmSync(target, { recursive: true });
    const command = startTypeScript('src/backup-store.ts', [target], { ...from.env, ...settings });
    if ((await command.exited) !== 0) throw new Error(command.output());
    return;
  }
  const source = await createConnection(from.env['MONGODB_URI'] ?? '').asPromise();
  const target = await createConnection(to.env['MONGODB_URI'] ?? '').asPromise();
  for (const { name: collection } of await source.listCollections()) {
    const records = await source.collection(collection).find().toArray();
    if (records.length > 0) await target.collection(collection).insertMany(records);
  }
  await source.close();
  await target.close();
}
