import { join } from 'node:path';
import { root } from '../test/support/run/repository';
import { freePort } from '../test/support/run/free-port';
import { type Child, run, startChild } from '../test/support/run/child';
import type { Cleanup } from '../test/support/run/cleanup';
import { adminToken } from '../test/support/operations/admin';

export const metricsToken = 'the-metrics-token-of-the-game-day-01234567';

export interface Service {
  readonly url: string;
  /** `host:port`. */
  readonly target: string;
  readonly env: Readonly<Record<string, string>>;
  readonly process: () => Child;
  /** Starts it again, after it has ended, with these settings changed, and waits until it serves. */
  startAgain(changes?: Readonly<Record<string, string>>): Promise<void>;
}

/** Starts the built service in production mode, on the store that `env` selects, and waits until it serves. */
export async function startService(env: Readonly<Record<string, string>>, cleanup: Cleanup): Promise<Service> {
  const port = await freePort();
  const target = `127.0.0.1:${port}`;
  const url = `http://${target}`;
  const settings = {
    NODE_ENV: 'production',
    ISSUER: url,
    SIGNING_ALG: 'ES256',
    KEY_ENCRYPTION_KEYS: Buffer.alloc(32, 'a key of the game day').toString('base64url'),
    ADMIN_TOKEN: adminToken,
    METRICS_TOKEN: metricsToken,
    // Visitors come from many addresses, as behind the proxy that ends TLS.
    TRUST_PROXY: '127.0.0.1',
    RATE_LIMIT: 'off',
    ...env,
    PORT: String(port),
  };
  const start = async (changes = {}) => {
    const child = startChild(process.execPath, [join(root, 'dist/main.js')], { env: { ...settings, ...changes } });
    cleanup.add(child.stop);
    await child.ready(`${url}/health/ready`);
    return child;
  };
  let child = await start();
  return {
    url,
    target,
    env: settings,
    process: () => child,
    startAgain: async (changes) => {
      child = await start(changes);
    },
  };
}

/** The command `tessera` with the settings of the service. */
export function tessera({ env }: Service, ...args: readonly string[]): Promise<string> {
  return run(process.execPath, [join(root, 'dist/tessera.js'), ...args], env);
}
