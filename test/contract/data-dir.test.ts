import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../src/platform/config';
// Loaded before the umask changes, under which jest would keep what it compiles.
import '../../src/lmdb-storage';
import { fixtureOfEach } from '../support/run/fixture';
import { newDirectory } from '../support/run/temporary-directory';
import { openStores } from '../support/stores/open-stores';
import { startServiceOn } from '../support/service/service';

const production = { NODE_ENV: 'production' };

describe('the directory of the embedded store', () => {
  const parent = fixtureOfEach(newDirectory);
  const umask = process.umask();
  let directory: string;

  beforeEach(() => {
    directory = join(parent.path, 'data');
  });
  afterEach(() => void process.umask(umask));

  const modeOf = (path: string) => (statSync(join(directory, path)).mode & 0o7777).toString(8);
  const modes = () => ['.', 'lmdb', 'lmdb/data.mdb', 'lmdb/lock.mdb'].map(modeOf);
  const openIn = async (env: Readonly<Record<string, string>> = production) =>
    (await openStores({ env: { DATA_DIR: directory } }, env)).close();
  const refusal = async () => {
    const error: unknown = await openIn().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigError);
    return String(error);
  };

  it.each([0o000, 0o022, 0o077, 0o777])(
    'given umask %o, when the store is made there, then all of it is for its owner alone, and the umask is as it was',
    async (mask) => {
      process.umask(mask);

      await openIn();
      const after = process.umask(umask);

      expect(modes()).toEqual(['700', '700', '600', '600']);
      expect(after).toBe(mask);
    },
  );

  it('given a directory and files that everybody may write, when the store is opened there, then they are private, and nobody else’s is touched', async () => {
    await openIn();
    writeFileSync(join(directory, 'notes.txt'), 'not ours');
    chmodSync(join(directory, 'notes.txt'), 0o644);
    chmodSync(directory, 0o777);
    chmodSync(join(directory, 'lmdb'), 0o755);
    for (const file of readdirSync(join(directory, 'lmdb'))) chmodSync(join(directory, 'lmdb', file), 0o666);

    await openIn();

    expect(modes()).toEqual(['700', '700', '600', '600']);
    expect(modeOf('notes.txt')).toBe('644');
  });

  it('given a directory that somebody made before the first start, when the store is made there, then it is private', async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o777);

    await openIn();

    expect(modes()).toEqual(['700', '700', '600', '600']);
  });

  it('given a link to the directory, when the store is opened by it, then what it leads to is private', async () => {
    const real = join(parent.path, 'real');
    mkdirSync(real);
    chmodSync(real, 0o755);
    symlinkSync(real, directory);

    await openIn();

    expect(modes()).toEqual(['700', '700', '600', '600']);
  });

  it('given a directory that others use too, as /tmp is, when production starts there, then it is refused, and the directory is as it was', async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o1777);

    const message = await refusal();

    expect(message).toContain(`DATA_DIR: ${JSON.stringify(directory)} is not allowed; allowed: in production`);
    expect(modeOf('.')).toBe('1777');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(['lmdb', 'lmdb/data.mdb'])(
    'given a link in place of %s, when production starts there, then it is refused, and what it leads to is as it was',
    async (name) => {
      const elsewhere = join(parent.path, 'elsewhere');
      mkdirSync(join(directory, name, '..'), { recursive: true, mode: 0o700 });
      if (name === 'lmdb') mkdirSync(elsewhere);
      else writeFileSync(elsewhere, '');
      chmodSync(elsewhere, 0o755);
      symlinkSync(elsewhere, join(directory, name));

      expect(await refusal()).toContain('DATA_DIR: ');
      expect((statSync(elsewhere).mode & 0o777).toString(8)).toBe('755');
    },
  );

  it('given a directory that others use too, when development starts there, then it serves, and warns of it', async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o1777);

    const service = await startServiceOn({ env: { DATA_DIR: directory }, remove: async () => {} });
    const ready = await fetch(`${service.url}/health/ready`);
    await service.stop();

    expect(ready.status).toBe(200);
    expect(service.log.filter((line) => line.includes('others on this machine may read or replace the store'))).toEqual(
      [expect.stringContaining(JSON.stringify([directory]))],
    );
    expect(modes().slice(1)).toEqual(['700', '600', '600']);
  });
});
