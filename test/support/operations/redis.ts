import { createClient } from 'redis';
import { type Child, startChild } from '../run/child';
import { eventually } from '../run/eventually';
import { freePort } from '../run/free-port';
import { newDirectory } from '../run/temporary-directory';

export type RedisConnection = ReturnType<typeof createClient>;

/** A Redis of Debian's package, empty, which keeps nothing on the disk. */
export interface RunningRedis {
  /** A client of its own, as a process of an application has one. */
  connect(): Promise<RedisConnection>;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RunningRedis> {
  const port = await freePort();
  const { path, remove } = newDirectory();
  const settings = { bind: '127.0.0.1', port: String(port), dir: path, save: '', appendonly: 'no' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = startChild('/usr/bin/redis-server', args);
  await eventually(async () => isReady(server), { withinMs: 60_000, what: 'redis-server is not ready' });
  const connections: RedisConnection[] = [];
  return {
    async connect() {
      const connection = createClient({ url: `redis://127.0.0.1:${port}` });
      connections.push(connection);
      await connection.connect();
      return connection;
    },
    async stop() {
      for (const each of connections) each.destroy();
      await server.stop();
      remove();
    },
  };
}

/** Throws: Error with what it wrote, when it has ended. */
function isReady(server: Child): boolean {
  if (server.hasEnded()) throw new Error(`redis-server ended: ${server.output()}`);
  return server.output().includes('Ready to accept connections');
}
