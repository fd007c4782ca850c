import { mkdirSync } from 'node:fs';
import { rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { dropDatabase, withDatabase } from '../bench/mongodb';
import { newId } from '../src/domain/credentials/secret';
import { TcpProxy } from '../test/support/service/tcp-proxy';
import { run } from '../test/support/run/child';
import type { Cleanup } from '../test/support/run/cleanup';

/** An empty store of a scenario's own, and the ways in which it can be taken away. */
export interface Store {
  /** The settings that select it. */
  readonly env: Readonly<Record<string, string>>;
  /** In front of MongoDB. */
  readonly proxy?: TcpProxy;
  /** Of the embedded store. */
  readonly dataDirectory?: string;
  /** Of the embedded store on a file system of its own: takes what is free on it, and gives it back. */
  readonly disk?: { fill(): Promise<void>; free(): Promise<void> };
}

/** The embedded store in a directory below. */
export function embeddedStore(directory: string): Store {
  const dataDirectory = join(directory, 'data');
  mkdirSync(dataDirectory, { mode: 0o700 });
  return { env: { DATA_DIR: dataDirectory }, dataDirectory };
}

/** The same on a disk of its own, 3 GiB in a sparse file. Needs root. */
export async function embeddedStoreOnItsOwnDisk(directory: string, cleanup: Cleanup): Promise<Store> {
  const [image, mount] = [join(directory, 'disk.img'), join(directory, 'disk')];
  mkdirSync(mount);
  await run('truncate', ['-s', '3G', image]);
  await run('/sbin/mkfs.ext4', ['-q', '-m', '0', '-O', '^has_journal', image]);
  await run('mount', ['-o', 'loop', image, mount]);
  cleanup.add(() => run('umount', ['--lazy', mount]));
  const filler = join(mount, 'filler');
  return {
    ...embeddedStore(mount),
    disk: {
      fill: async () => {
        // Down to the last block, which fallocate(1) leaves where it cannot have as much as it asks for.
        const { bavail, bsize } = await statfs(mount);
        await run('fallocate', ['-l', String(bavail * bsize - 16 * bsize), filler]).catch(() => undefined);
        await run('sh', ['-c', `cat /dev/zero >>'${filler}' 2>/dev/null || true`]);
      },
      free: () => rm(filler),
    },
  };
}

/** A database of its own behind a proxy. */
export async function mongodbStore(uri: string, cleanup: Cleanup): Promise<Store> {
  const name = `tessera_game_${newId().replace(/\W/g, '_').toLowerCase()}`;
  const direct = withDatabase(uri, name);
  const { hostname, port } = new URL(direct);
  const proxy = await TcpProxy.to({ host: hostname, port: Number(port || 27_017) });
  await proxy.open();
  cleanup.add(() => dropDatabase(direct));
  cleanup.add(() => proxy.refuse());
  const proxied = Object.assign(new URL(direct), { host: `127.0.0.1:${proxy.port}` });
  return { env: { MONGODB_URI: proxied.href }, proxy };
}

/** Takes the files of the embedded store away, and brings them back. */
export async function moveAway(dataDirectory: string): Promise<() => Promise<void>> {
  const files = join(dataDirectory, 'lmdb');
  await rename(files, `${files}-away`);
  return () => rename(`${files}-away`, files);
}
