import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ratios, spreadOf } from '../figures';
import type { Part } from '../report';
import { root } from '../../test/support/run/repository';
import { disturbedAbove } from '../quiet';
import type { Settings } from '../settings';

interface Pair {
  readonly what: string;
  readonly tessera: string;
  readonly peer: string;
  readonly goal: number;
}

const embedded: readonly Pair[] = [
  {
    what: 'PKCE, ES256, to oidc-provider on memory',
    tessera: 'tessera-es256',
    peer: 'oidc-session-es256-memory',
    goal: 0.42,
  },
  {
    what: 'PKCE with refresh and ID token, to oidc-provider',
    tessera: 'tessera-es256-openid',
    peer: 'oidc-session-es256-openid',
    goal: 0.45,
  },
  { what: 'PKCE, RS256, to oidc-provider', tessera: 'tessera-rs256', peer: 'oidc-session-rs256', goal: 0.55 },
  { what: 'wallet, to better-auth on a Map', tessera: 'tessera-siwe', peer: 'better-auth-map', goal: 0.13 },
  { what: 'PKCE, to floor-real-pkce', tessera: 'tessera-es256', peer: 'floor-real-pkce', goal: 1.1 },
  { what: 'wallet, to floor-real-siwe', tessera: 'tessera-siwe', peer: 'floor-real-siwe', goal: 1.1 },
];

const mongodb: readonly Pair[] = [
  {
    what: 'PKCE on MongoDB, to oidc-provider on MongoDB',
    tessera: 'tessera-es256-mongo',
    peer: 'oidc-session-es256-mongo',
    goal: 0.45,
  },
  {
    what: 'wallet on MongoDB, to better-auth on MongoDB',
    tessera: 'tessera-siwe-mongo',
    peer: 'better-auth-mongo',
    goal: 0.28,
  },
];

/** What compare.mjs writes. */
interface Comparison {
  readonly calib: readonly number[];
  readonly targets: readonly { readonly key: string; readonly name: string; readonly results: readonly PeerRound[] }[];
}

interface PeerRound {
  readonly serverCpuMsPerLogin: number;
  readonly loginsPerSec: number;
  readonly latencyMs: { readonly total: { readonly p50: number; readonly p99: number } };
  readonly peakRssMiB: number;
  readonly errors: number;
  readonly foreignBusy: number;
}

/** Tessera beside the servers of `../shared/peers`, by the benchmark that stands there. */
export async function measurePeers(settings: Settings): Promise<Part> {
  const { mongodbUri } = settings;
  const pairs = [...embedded, ...(mongodbUri === undefined ? [] : mongodb)];
  // Apart: a target of the embedded store that finds MONGODB_URI in its environment takes MongoDB.
  const runs = [await compare(settings, embedded, undefined)];
  if (mongodbUri !== undefined) runs.push(await compare(settings, mongodb, mongodbUri));
  const calib = runs.flatMap((run) => run.calib);
  const targets = runs.flatMap((run) => run.targets);
  const roundsOf = (key: string) => targets.find((target) => target.key === key)?.results ?? [];
  return {
    title: 'Logins, to the peers',
    about:
      'CPU of a complete login to that of node-oidc-provider and better-auth in the same run, measured by ' +
      '`../shared/peers/compare.mjs`; `floor-real` is the floor that stands there.',
    figures: pairs.map(({ what, tessera, peer, goal }) => {
      const [ours, theirs] = [roundsOf(tessera), roundsOf(peer)];
      return {
        what,
        spread: ratios(ours.map(cpuOf), theirs.map(cpuOf)),
        unit: '',
        goal,
        disturbed: !mongodb.some((pair) => pair.peer === peer) && [...ours, ...theirs].some(isDisturbed),
      };
    }),
    absolutes: targets.map(({ name, results }) => ({
      name,
      cpuMsPerLogin: spreadOf(results.map(cpuOf)),
      loginsPerSecond: spreadOf(results.map(({ loginsPerSec }) => loginsPerSec)).median,
      p50: spreadOf(results.map(({ latencyMs }) => latencyMs.total.p50)).median,
      p99: spreadOf(results.map(({ latencyMs }) => latencyMs.total.p99)).median,
      peakMiB: spreadOf(results.map(({ peakRssMiB }) => peakRssMiB)).median,
      errors: results.reduce((total, { errors }) => total + errors, 0),
    })),
    calibrations: calib,
  };
}

/** Where the peers are. Throws: Error when they are not installed. */
export function installedPeers({ peersDirectory }: Settings): string {
  const directory = resolve(peersDirectory);
  if (existsSync(join(directory, 'node_modules'))) return directory;
  throw new Error(`The peers are not installed: run npm install in ${directory}, or set PEERS_DIR`);
}

async function compare(
  settings: Settings,
  pairs: readonly Pair[],
  mongodbUri: string | undefined,
): Promise<Comparison> {
  const keys = new Set(pairs.flatMap(({ tessera, peer }) => [tessera, peer]));
  const directory = installedPeers(settings);
  const output = mkdtempSync(join(tmpdir(), 'tessera-peers-'));
  const file = join(output, 'comparison.json');
  const options = {
    only: [...keys].join(','),
    runs: settings.rounds,
    warmup: settings.warmUpSeconds,
    duration: settings.seconds,
    tries: settings.tries,
    'quiet-wait': settings.quietWithinSeconds,
    // Seconds with a single user, which none of our figures needs.
    c1: 0,
    out: file,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const env = { ...process.env, PROJECT: root, MONGODB_URI: mongodbUri ?? '' };
  const child = spawn(process.execPath, ['compare.mjs', ...args], { cwd: directory, env, stdio: ['ignore', 2, 2] });
  const [status] = (await once(child, 'exit')) as [number | null];
  try {
    if (status !== 0) throw new Error(`compare.mjs ended with ${status}`);
    return JSON.parse(readFileSync(file, 'utf8')) as Comparison;
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

function cpuOf({ serverCpuMsPerLogin }: PeerRound): number {
  return serverCpuMsPerLogin;
}

function isDisturbed({ foreignBusy }: PeerRound): boolean {
  return foreignBusy > disturbedAbove;
}
