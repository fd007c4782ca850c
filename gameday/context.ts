import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BrowserSession } from '../src/apps/browser/browser-session';
import { administer } from './admin';
import type { Cleanup } from '../test/support/run/cleanup';
import { SteadyLoad } from './load';
import { type Monitoring, startMonitoring } from '../test/support/operations/monitoring';
import { openScrapeRelay } from './scrape-relay';
import { metricsToken, type Service, startService } from './service';
import { embeddedStore, embeddedStoreOnItsOwnDisk, mongodbStore, type Store } from './store';
import type { Scenario } from './scenario';
import { type App, logInWithPassword, type User, type Visited, visited } from './visitors';

export interface ContextSettings {
  readonly scale: number;
  /** Undefined: the embedded store. */
  readonly mongodbUri: string | undefined;
}

/** The client that goes wrong, in both models. */
export const sick = {
  app: { clientId: 'sick-app', redirectUri: 'https://sick.example/callback' },
  dapp: 'sick-dapp',
} as const;
/** A user whom nobody of the steady load is. */
export const victim = { username: 'victim', password: 'correct horse battery' } as const;

const apps: readonly App[] = ['shop', 'news'].map((name) => ({
  clientId: `${name}-app`,
  redirectUri: `https://${name}.example/callback`,
}));
const dapps = ['market-dapp', 'game-dapp'];
/** Not a multiple of how many of the load's logins ask for a refresh token, so that all users get some. */
const users = ['anna', 'ben', 'carla', 'dmitri', 'eve'];
const password = 'a password of the game day';

/** What a scenario is played on: services on one store, Prometheus and Alertmanager beside them, and people who log in. */
export interface Context {
  readonly scale: number;
  readonly store: Store;
  /** The one that the steady load uses. */
  readonly service: Service;
  /** The same, as its visitors see it. */
  readonly visited: Visited;
  /** Others on the same store. */
  readonly others: readonly Service[];
  readonly monitoring: Monitoring;
  readonly load: SteadyLoad;
  /** In each of them somebody has logged in with a password. */
  readonly browsers: readonly BrowserSession[];
  readonly cleanup: Cleanup;
}

/** Everything, empty and running but for the load. */
export async function createContext(scenario: Scenario, settings: ContextSettings, cleanup: Cleanup): Promise<Context> {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-gameday-'));
  cleanup.add(() => rmSync(directory, { recursive: true, force: true }));
  const store = await storeFor(scenario, settings, directory, cleanup);
  const env = { AUTHORIZATION_CODE_TTL: '300', ...store.env, ...scenario.env };
  const service = await startService(env, cleanup);
  const others: Service[] = [];
  for (const more of scenario.others ?? []) {
    others.push(await startService({ ...env, ISSUER: service.url, ...more }, cleanup));
  }
  await register(service.url);
  const browsers = await Promise.all(users.map((username) => browserOf(service.url, { username, password })));
  const monitoring = await watch([service, ...others], settings.scale, cleanup);
  const seen = visited(service.url);
  const load = new SteadyLoad({ service: seen, apps, dapps, browsers }, scenario.storeMayBeSilent);
  cleanup.add(() => load.stop());
  return { scale: settings.scale, store, service, visited: seen, others, monitoring, load, browsers, cleanup };
}

/** Passwords are hashed by few at once. */
const loggedInWithinMs = 20_000;

/** A browser in which the user has logged in, from this address or from somewhere else each time. Throws: Refused. */
export async function browserOf(url: string, user: User, address?: string): Promise<BrowserSession> {
  const browser = new BrowserSession(url, visited(url, address, loggedInWithinMs).fetch);
  await logInWithPassword(browser, user);
  return browser;
}

/** Of prometheus.yml, at scale 1. */
const intervalMs = 15_000;
/** Scrapes and evaluations come no more often: a scrape may take no longer than its interval. */
const intervalAtLeastMs = 500;

async function watch(services: readonly Service[], scale: number, cleanup: Cleanup): Promise<Monitoring> {
  const interval = Math.max(intervalAtLeastMs, Math.round(intervalMs / scale));
  const relaying = { token: metricsToken, everyMs: interval / 2, cleanup };
  const targets = await Promise.all(services.map(({ target }) => openScrapeRelay(target, relaying)));
  const intervals = { scrape_interval: `${interval}ms`, evaluation_interval: `${interval}ms` };
  return startMonitoring({ targets, by: scale, intervals }, cleanup);
}

async function storeFor(
  { needsDisk = false }: Scenario,
  { mongodbUri }: ContextSettings,
  directory: string,
  cleanup: Cleanup,
): Promise<Store> {
  if (mongodbUri !== undefined) return mongodbStore(mongodbUri, cleanup);
  return needsDisk ? embeddedStoreOnItsOwnDisk(directory, cleanup) : embeddedStore(directory);
}

/** The clients and users, as an administrator adds them. */
async function register(url: string): Promise<void> {
  for (const { clientId, redirectUri } of [...apps, sick.app]) {
    await administer(url, 'POST', '/clients', {
      client_id: clientId,
      client_name: clientId,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid offline_access',
      first_party: true,
    });
  }
  for (const clientId of [...dapps, sick.dapp]) {
    await administer(url, 'POST', '/clients', {
      client_id: clientId,
      client_name: clientId,
      wallet_origin: `https://${clientId}.example`,
      token_endpoint_auth_method: 'none',
      scope: 'openid offline_access',
      first_party: true,
    });
  }
  for (const username of users) await administer(url, 'POST', '/users', { username, password });
  await administer(url, 'POST', '/users', victim);
  // What one process has learned, others notice within seconds; the load begins after that.
  await delay(100);
}
