import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { ConfigError, loadConfig } from '../../src/platform/config';
import { KeyEncryption } from '../../src/domain/tokens/key-encryption';
import { KeyRing } from '../../src/domain/tokens/key-ring';
import { SigningKeyStore, type StoredSigningKey } from '../../src/domain/tokens/signing-key-store';
import { fixtureOfEach } from '../support/run/fixture';
import { contenders } from '../support/stores/contenders';
import { openEmptyStore } from '../support/stores/open-empty-store';
import { contentsOf, dataFileOf } from '../support/stores/store-contents';
import { bothStores } from '../support/stores/stores';
import { startTypeScript } from '../support/run/ts-process';

const [older, newer, foreign] = ['older', 'newer', 'foreign'].map((name) =>
  Buffer.alloc(32, name).toString('base64url'),
) as [string, string, string];

describe.each(bothStores)('the signing keys on %s', (name) => {
  const stores = fixtureOfEach(() => openEmptyStore(name));
  const rings: KeyRing[] = [];
  afterEach(() => rings.splice(0).forEach((ring) => ring.onApplicationShutdown()));

  /** The key ring of a process with these keys, or with none. */
  function ringWith(...keys: string[]): KeyRing {
    const settings = { ...stores.env, SIGNING_ALG: 'ES256', KEY_ENCRYPTION_KEYS: keys.join(',') };
    const ring = new KeyRing(loadConfig(settings), stores.clock, stores.get(SigningKeyStore));
    rings.push(ring);
    return ring;
  }

  const stored = () => stores.get(SigningKeyStore).list();
  /** Under which key each is encrypted; undefined of one that is not. */
  const encryptedUnder = async () =>
    (await stored()).map(({ privateJwk }) =>
      typeof privateJwk === 'string' ? decodeProtectedHeader(privateJwk).kid : undefined,
    );

  it('given a key to encrypt with, when a first start makes the keys, then no private member is in the store, nor was', async () => {
    const plain = await ringWith(older).ensure();

    const [first, second] = await encryptedUnder();
    expect(plain).toBe(0);
    expect([first, second]).toEqual([expect.any(String), first]);
    expect(JSON.stringify(await stored())).not.toMatch(/"(?:d|p|q|dp|dq|qi)":/);
    expect(ringWith(older).atRest).toEqual({ encrypted: 0, plain: 0 });
    for (const { privateJwk, kid } of await stored()) {
      const { d = '' } = await new KeyEncryption([Buffer.from(older, 'base64url')]).decrypt(privateJwk, kid);
      expect(d.length).toBeGreaterThan(40);
      if (name === 'lmdb') expect(dataFileOf(stores.env).includes(d)).toBe(false);
    }
  });

  it('given plain keys of a store from before, when a start has a key, then they are encrypted, and are the same', async () => {
    const former = ringWith();
    await former.ensure();
    const before = kidsOf(former);

    const ring = ringWith(older);
    const plain = await ring.ensure();
    const again = await ringWith(older).ensure();

    expect([plain, again]).toEqual([2, 0]);
    expect(await encryptedUnder()).toEqual([expect.any(String), expect.any(String)]);
    expect(kidsOf(ring)).toEqual(before);
    expect(ring.signer('ES256').sign('JWT', {})).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect([former.atRest, ring.atRest]).toEqual([
      { encrypted: 0, plain: 2 },
      { encrypted: 2, plain: 0 },
    ]);
  });

  it('given a new first key, when a start has both, then all are encrypted under it, and the old one can go', async () => {
    const before = ringWith(older);
    await before.ensure();
    const [underOlder] = await encryptedUnder();

    await ringWith(newer, older).ensure();
    const [underNewer, other] = await encryptedUnder();
    const after = ringWith(newer);
    await after.ensure();

    expect(underNewer).not.toBe(underOlder);
    expect(other).toBe(underNewer);
    expect(kidsOf(after)).toEqual(kidsOf(before));
  });

  it('given a store under a key that is not listed, when a process starts, then it is refused, names no key, and nothing is written', async () => {
    await ringWith(older).ensure();
    const [kid] = await encryptedUnder();
    const before = await contentsOf(name, stores);

    const refusals = [await refusalOf(ringWith(newer)), await refusalOf(ringWith())];

    expect(refusals[0]).toContain('KEY_ENCRYPTION_KEYS: (hidden) is not allowed; allowed: keys that decrypt');
    expect(refusals[1]).toContain('KEY_ENCRYPTION_KEYS: (none) is not allowed; allowed: keys that decrypt');
    for (const refusal of refusals) {
      expect(refusal).toContain(kid);
      expect(refusal).not.toContain(newer);
      expect(refusal).not.toContain('\n');
    }
    expect(await contentsOf(name, stores)).toBe(before);
  });

  it('given an encryption anew that was interrupted, when a process starts, then every key is read, and it is completed', async () => {
    const before = ringWith(older);
    await before.ensure();
    const [first] = await stored();
    await ringWith(newer, older).ensure();
    // As it was left: one under the new key, the other still under the old.
    await stores.get(SigningKeyStore).replacePrivateJwk(first as StoredSigningKey);
    const interrupted = new Set(await encryptedUnder());

    const ring = ringWith(newer, older);
    await ring.ensure();

    expect(interrupted.size).toBe(2);
    expect(new Set(await encryptedUnder()).size).toBe(1);
    expect(kidsOf(ring).toSorted()).toEqual(kidsOf(before).toSorted());
  });

  it('given a key that was removed or replaced meanwhile, when it is encrypted anew, then it does not come back', async () => {
    await ringWith(older).ensure();
    const keys = stores.get(SigningKeyStore);
    const [first, second] = (await stored()) as [StoredSigningKey, StoredSigningKey];
    await keys.remove(first);

    const replaced = [
      await keys.replacePrivateJwk({ ...first, privateJwk: 'x' }),
      await keys.replacePrivateJwk({ ...second, kid: 'another', privateJwk: 'x' }),
    ];

    expect(replaced).toEqual([false, false]);
    expect(await stored()).toEqual([second]);
  });

  it('given a JWE that was put into the record of another key, when a process starts, then it is refused', async () => {
    await ringWith(older).ensure();
    const [first, second] = (await stored()) as [StoredSigningKey, StoredSigningKey];
    await stores.get(SigningKeyStore).replacePrivateJwk({ ...first, privateJwk: second.privateJwk });

    expect(await refusalOf(ringWith(older))).toContain('encrypted for another record');
  });

  it('given a rotation, when its keys are stored, then they are encrypted as well, and other processes use them', async () => {
    const running = ringWith(older);
    await running.ensure();

    const rotating = ringWith(older);
    await rotating.rotate(true);
    stores.clock.advance(1_001);
    const [kid = ''] = kidsOf(rotating);
    const found = await running.verificationKey({ alg: 'ES256', kid });

    expect(found).toBeDefined();
    expect(kidsOf(running)).toEqual(kidsOf(rotating));
    expect((await encryptedUnder()).filter((each) => each === undefined)).toEqual([]);
  });

  it('given a key of a process with other settings, when a running one reads it, then it goes on with those that it has', async () => {
    const running = ringWith(older);
    await running.ensure();
    const own = kidsOf(running);
    await ringWith(foreign, older).rotate();
    stores.clock.advance(1_001);

    const unknown = await running.verificationKey({ alg: 'ES256', kid: 'unknown' });

    expect(unknown).toBeUndefined();
    expect(kidsOf(running).toSorted()).toEqual(own.toSorted());
    expect(own).toContain(running.signer('ES256').kid);
  });

  it('given plain keys and four processes that start at once with a key, when they are done, then all use the same keys, encrypted', async () => {
    const former = ringWith();
    await former.ensure();
    const env = { ...stores.env, SIGNING_ALG: 'ES256', KEY_ENCRYPTION_KEYS: older };
    const processes = await contenders({ env }, 4);

    const kids = await processes.run({ name: 'first start' });
    await processes.stop();

    expect(new Set(kids)).toEqual(new Set(kidsOf(former)));
    expect(kids).toHaveLength(4 * 2);
    expect(await encryptedUnder()).toEqual([expect.any(String), expect.any(String)]);
  });

  it('given keys under one key, when tessera keys rotate has another or none, then it ends with 78 and one line, and writes nothing', async () => {
    await ringWith(older).ensure();
    const before = await contentsOf(name, stores);
    const rotate = async (env: Readonly<Record<string, string>>) => {
      const command = startTypeScript('src/apps/cli/main.ts', ['keys', 'rotate'], {
        ...stores.env,
        SIGNING_ALG: 'ES256',
        ...env,
      });
      return { status: await command.exited, output: command.output() };
    };

    const wrong = [await rotate({ KEY_ENCRYPTION_KEYS: newer }), await rotate({})];
    const after = await contentsOf(name, stores);
    const right = await rotate({ KEY_ENCRYPTION_KEYS: older });

    for (const { status, output } of wrong) {
      expect(status).toBe(78);
      expect(output).toMatch(/^tessera: KEY_ENCRYPTION_KEYS: \((?:hidden|none)\) is not allowed; allowed: [^\n]+\n$/);
    }
    expect(after).toBe(before);
    expect(right.status).toBe(0);
    expect((await encryptedUnder()).filter((each) => each === undefined)).toEqual([]);
    expect(await encryptedUnder()).toHaveLength(4);
  });
});

function kidsOf(ring: KeyRing) {
  return ring.publishedKeys().keys.map(({ kid }) => kid);
}

/** The line with which a start is refused. */
async function refusalOf(ring: KeyRing): Promise<string> {
  const error: unknown = await ring.ensure().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return String(error);
}
