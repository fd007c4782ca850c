import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { signingAlgorithms, type SigningAlgorithm } from '../../src/platform/settings';
import { KeyRing } from '../../src/domain/tokens/key-ring';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { fixtureOfEach } from '../support/run/fixture';
import { openEmptyStore } from '../support/stores/open-empty-store';
import { startTypeScript } from '../support/run/ts-process';

const publishedAheadMs = 80_000;
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

describe.each(signingAlgorithms)('the key ring with %s', (algorithm) => {
  const stores = fixtureOfEach(() => openEmptyStore('lmdb', { SIGNING_ALG: algorithm }));
  const ring = fixtureOfEach(() => new KeyRing(stores.config, stores.clock, stores.get(SigningKeyStore)));
  beforeEach(() => ring.ensure());

  const published = (alg: SigningAlgorithm = algorithm) =>
    ring.publishedKeys().keys.flatMap((key) => (key.alg === alg ? [key.kid] : []));
  const signingKid = async () => ring.signer(algorithm).kid;

  it('given a first start, when keys are published, then there is one for each algorithm and nothing private', async () => {
    const { keys } = ring.publishedKeys();

    expect(keys.map((key) => key.alg).toSorted()).toEqual([...new Set([algorithm, 'RS256', 'ES256'])].toSorted());
    expect(keys.flatMap((key) => privateMembers.filter((member) => member in key))).toEqual([]);
  });

  it('given its key, when it signs, then the published keys verify it', async () => {
    const signer = ring.signer(algorithm);

    const token = signer.sign('JWT', {});

    const verified = await jwtVerify(token, createLocalJWKSet(ring.publishedKeys()));
    expect(verified.protectedHeader.kid).toBe(signer.kid);
    expect(await ring.verificationKey({ alg: algorithm, kid: signer.kid })).toBeDefined();
    expect(await ring.verificationKey({ alg: algorithm, kid: 'unknown' })).toBeUndefined();
  });

  it('given a first key made by a machine whose clock is ahead, when it is needed here, then it signs', async () => {
    stores.clock.advance(-60_000);

    const kid = await signingKid();

    expect(published()).toEqual([kid]);
  });

  it('given a rotation, when time passes, then the new key is published at once and signs after 80 s, and the old one goes with its tokens', async () => {
    const [old] = published();

    // RSA keys take a busy machine longer than the second that matters here.
    const seen = await stores.clock.standStill(async () => {
      await ring.rotate();
      const [, next] = published();
      stores.clock.advance(publishedAheadMs - 1_000);
      const signsBefore = await signingKid();
      stores.clock.advance(1_000);
      const signsAfter = await signingKid();
      // The longest that an API may give its tokens.
      stores.clock.advance(86_400_000);
      const whileTokensLive = published();
      stores.clock.advance(60_000);
      return { next, signsBefore, signsAfter, whileTokensLive, afterwards: published() };
    });

    const { next } = seen;
    expect(next).toEqual(expect.any(String));
    expect([seen.signsBefore, seen.signsAfter]).toEqual([old, next]);
    expect(seen.whileTokensLive).toEqual([old, next]);
    expect(seen.afterwards).toEqual([next]);
  });

  it('given an old key whose tokens have expired, when the keys are rotated again, then it leaves the store', async () => {
    const [old] = published();
    await ring.rotate();
    stores.clock.advance(25 * 3_600_000);

    await ring.rotate();

    const kept = (await stores.get(SigningKeyStore).list()).filter((key) => key.algorithm === algorithm);
    expect(kept.map((key) => key.generation)).toEqual([2, 3]);
    expect(kept.map((key) => key.kid)).not.toContain(old);
  });

  it('given a leaked key, when the keys are rotated immediately, then a new one signs and is the only one', async () => {
    const [leaked = ''] = published();
    await ring.rotate();

    await ring.rotate(true);

    expect(published()).toEqual([await signingKid()]);
    expect(published()).not.toContain(leaked);
    expect(await ring.verificationKey({ alg: algorithm, kid: leaked })).toBeUndefined();
    expect(await stores.get(SigningKeyStore).list()).toHaveLength(ring.algorithms.length);
  });
});

describe('the command that rotates the keys', () => {
  it('given a data directory that cannot be one, when it runs, then it names the setting in one line and exits with 78', async () => {
    const command = startTypeScript('src/apps/cli/main.ts', ['keys', 'rotate'], {
      DATA_DIR: __filename,
      MONGODB_URI: '',
    });

    expect(await command.exited).toBe(78);
    expect(command.output()).toMatch(/^tessera: DATA_DIR: ".*" is not allowed; allowed: a directory .*\n$/);
  });

  const stores = fixtureOfEach(() => openEmptyStore('lmdb'));

  it('given a store, when it runs plainly and immediately, then it prints kids of the published keys and nothing private', async () => {
    const run = async (...args: string[]) => {
      const command = startTypeScript('src/apps/cli/main.ts', ['keys', 'rotate', ...args], {
        ...stores.env,
        SIGNING_ALG: 'ES256',
      });
      return { status: await command.exited, lines: command.output().trim().split('\n') };
    };

    const [plain, immediate, mistaken] = [await run(), await run('--immediately'), await run('--now')];

    expect([plain.status, immediate.status, mistaken.status]).toEqual([0, 0, 1]);
    for (const line of [...plain.lines, ...immediate.lines])
      expect(line).toMatch(/^(ES256|RS256) {2}[\w-]{43} {2}(signing|upcoming)$/);
    const kids = (await stores.get(SigningKeyStore).list()).map((key) => `${key.algorithm}  ${key.kid}  signing`);
    expect(kids.toSorted()).toEqual(immediate.lines.toSorted());
  });
});
