import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { parseArgs } from 'node:util';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import * as z from 'zod';
import { checks } from '../src/apps/comparison/checks/catalogue';
import { Runner } from '../src/apps/comparison/runner';
import type { TwinOrder } from '../src/apps/comparison/twins';
import { createApp } from '../src/configure-app';
import { loadConfig } from '../src/platform/config';
import { createLogger } from '../src/platform/logger';
import { takeAway } from './weak';

const checkIds = z.array(z.enum(checks.map(({ id }) => id)));

/** Serves the weakened service on this store until SIGTERM, SIGINT or the end of who started it, and makes runs for that one. */
export function serveTwin(store: Readonly<Record<string, string>>): void {
  const served = serve({ ...process.env, ...store });
  process.on('message', async (order: TwinOrder) => run(order, await served));
}

async function serve(env: NodeJS.ProcessEnv): Promise<NestFastifyApplication> {
  const { values } = parseArgs({ options: { port: { type: 'string' }, without: { type: 'string', default: '' } } });
  takeAway(checkIds.parse(values.without.split(',').filter((id) => id !== '')));
  const config = loadConfig({
    EVM_RPC_URLS: env['EVM_RPC_URLS'],
    EVM_CHAINS: env['EVM_CHAINS'],
    HOST: env['HOST'] ?? 'localhost',
    PORT: values.port ?? String(await freePort()),
    DATA_DIR: env['DATA_DIR'],
    MONGODB_URI: env['MONGODB_URI'],
    RATE_LIMIT: 'off',
  });
  const app = await createApp(config, createLogger({ write: () => {} }));
  const stop = async () => {
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(signal, () => void stop());
  await app.listen(config.port, config.host);
  process.stdout.write(`${config.issuer}, a weakened twin without ${values.without || 'nothing yet'}\n`);
  return app;
}

/** Makes a run for whoever started the twin, and tells its events. */
async function run({ without, ...plan }: TwinOrder, app: NestFastifyApplication): Promise<void> {
  takeAway(checkIds.parse(without));
  await app.get(Runner).run(plan, async (event) => void process.send?.(event), AbortSignal.timeout(120_000));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
