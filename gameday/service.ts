import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../bench/repository';
import { freePort } from '../test/support/run/free-port';
import { type Child, run, startChild } from './child';
import type { Cleanup } from './cleanup';

export const adminToken = 'the-admin-token-of-the-game-day-0123456789';
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

const readyWithinMs = 60_000;

/** Starts the built service in production mode, on the store that `env` selects, and waits until it serves. */
export async function startService(
  name: string,
  env: Readonly<Record<string, string>>,
  directory: string,
  cleanup: Cleanup,
): Promise<Service> {
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
  const logFile = join(directory, `${name}.log`);
  const start = (changes = {}) =>
    startChild(process.execPath, [join(root, 'dist/main.js')], { env: { ...settings, ...changes }, logFile, cleanup });
  let child = start();
  await serves(url, child);
  return {
    url,
    target,
    env: settings,
    process: () => child,
    startAgain: async (changes) => {
      child = start(changes);
      await serves(url, child);
    },
  };
}

/** The command `tessera` with the settings of the service. */
export function tessera({ env }: Service, ...args: readonly string[]): Promise<string> {
  return run(process.execPath, [join(root, 'dist/tessera.js'), ...args], env);
}

async function serves(url: string, child: Child): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!(await isReady(url))) {
    if (child.hasEnded() || performance.now() > deadline) throw new Error(`the service does not serve: ${child.log()}`);
    await delay(20);
  }
}

/** Whether `/health/ready` says so. */
export function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
