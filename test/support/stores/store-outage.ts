import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyStore, type StoreName, type TestStore } from './stores';
import { TcpProxy } from '../service/tcp-proxy';

/** A store that a test can take away from a running service and give back. */
export interface BreakableStore extends TestStore {
  /** The ways in which it goes, by name. */
  readonly outages: readonly string[];
  goAway(outage: string): Promise<void>;
  comeBack(): Promise<void>;
}

export const outagesOf: Readonly<Record<StoreName, readonly string[]>> = {
  lmdb: ['removed'],
  mongodb: ['refusing', 'hanging'],
};

export async function breakableStore(name: StoreName): Promise<BreakableStore> {
  return name === 'lmdb' ? breakableDirectory() : breakableServer();
}

/** LMDB: its files are moved away, and back. */
function breakableDirectory(): BreakableStore {
  const store = emptyStore('lmdb');
  const files = join(store.env['DATA_DIR'] ?? '', 'lmdb');
  return {
    ...store,
    outages: outagesOf.lmdb,
    goAway: () => rename(files, `${files}-away`),
    comeBack: () => rename(`${files}-away`, files),
  };
}

/** MongoDB: the network between refuses, or swallows what is sent. */
async function breakableServer(): Promise<BreakableStore> {
  const { proxy, ...store } = await proxiedServer();
  return {
    ...store,
    outages: outagesOf.mongodb,
    goAway: async (outage) => {
      if (outage === 'hanging') proxy.hang();
      else await proxy.refuse();
    },
    comeBack: async () => {
      await proxy.refuse();
      await proxy.open();
    },
  };
}

/** An empty database behind a proxy that is open. */
export async function proxiedServer(): Promise<TestStore & { readonly proxy: TcpProxy }> {
  const store = emptyStore('mongodb', { unused: true });
  const uri = new URL(store.env['MONGODB_URI'] ?? '');
  const proxy = await TcpProxy.to({ host: uri.hostname, port: Number(uri.port) });
  await proxy.open();
  uri.host = `127.0.0.1:${proxy.port}`;
  return {
    env: { MONGODB_URI: uri.href },
    proxy,
    remove: async () => {
      await proxy.refuse();
      await store.remove();
    },
  };
}

/** A command as the driver writes it: its name and the collection, in BSON. */
export function command(name: string, collection: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32LE(collection.length + 1);
  return Buffer.concat([Buffer.from(`\x02${name}\0`), length, Buffer.from(`${collection}\0`)]);
}
