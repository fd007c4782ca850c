import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';

/** Of this suite: what was registered under one of them may be there still. */
const given = new Set<number>();

/** A free port of the loopback interface that this suite has not had, below those that Linux gives to outgoing connections and to `listen(0)`. */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_768);
  if (given.has(port)) return freePort();
  given.add(port);
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isFree) return freePort();
  server.close();
  await once(server, 'close');
  return port;
}
