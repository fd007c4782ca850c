import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:net';
import { once } from 'node:events';
import { root } from '../test/support/run/repository';
import { run } from '../test/support/run/child';
import type { Cleanup } from '../test/support/run/cleanup';

const script = join(root, '../shared/mongo/up');

/** Where a MongoDB is: as `MONGODB_URI` says, or by ../shared/mongo/up; undefined where neither is. */
export async function mongodbServer(cleanup: Cleanup): Promise<string | undefined> {
  const uri = process.env['MONGODB_URI'];
  if (uri) return uri;
  if (!existsSync(script)) return undefined;
  const wasUp = await listens(Number(process.env['MONGO_PORT'] ?? 27_018));
  if (!wasUp) cleanup.add(() => run(join(script, '../down'), []));
  return (await run('setsid', [script])).trim();
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const answer = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return answer;
}
