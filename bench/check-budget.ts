import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadResult } from './client/load';
import type { LoadOrder } from './client/main';
import { type Provenance, provenance } from './document';
import { median, quantile, table } from './figures';
import { disturbedAbove } from './quiet';
import { serveLocally } from '../test/support/run/local-server';
import { root } from '../test/support/run/repository';
import type { Settings } from './settings';
import { demoClient, runLoads } from './rounds';
import { floor, type RunningServer, type ServerCommand, service, startServer } from './servers';

/** What each login pays besides, and the statement of the built service by which it does. */
export const switchedOff = {
  'without audit': { statement: /trail\.record\(\w+, auditedRequest\w*\(\w+\)\)/, instead: 'void 0' },
  'without chain': {
    statement: /const known = new Salts\(\)/,
    instead:
      "return items.map((item, place) => Object.assign({ link: '', head: { space: this.space, chain: 1, seq: from + place, hash: '' } }, item))",
  },
  'without metrics': { statement: /\(\w+\)\s*=>\s*this\.record\(\w+\)(?=\);)/, instead: '() => {}' },
  'without log': { statement: /const line = \w*lineOf\w*\(\w+\)/, instead: 'return; $&' },
} as const;

/** One of the servers, and the logins that it gets. */
interface Loaded {
  readonly server: keyof ReturnType<typeof servers>;
  readonly model: 'pkce' | 'wallet';
  readonly scope?: string;
  /** Whether all logins are of one account, which has its 50 live grants soon. */
  readonly oneAccount?: boolean;
}

/** In the order in which they take turns: what is compared stands close together. */
const loads = {
  'floor, PKCE': { server: 'floor', model: 'pkce', oneAccount: true },
  PKCE: { server: 'service', model: 'pkce' },
  openid: { server: 'service', model: 'pkce', scope: 'openid offline_access' },
  '51st grant': { server: 'service', model: 'pkce', oneAccount: true },
  alone: { server: 'alone', model: 'pkce' },
  RS256: { server: 'RS256', model: 'pkce' },
  traced: { server: 'traced', model: 'pkce' },
  'without audit': { server: 'without audit', model: 'pkce' },
  'without chain': { server: 'without chain', model: 'pkce' },
  'without metrics': { server: 'without metrics', model: 'pkce' },
  'without log': { server: 'without log', model: 'pkce' },
  limited: { server: 'limited', model: 'pkce' },
  wallet: { server: 'service', model: 'wallet' },
  'floor, wallet': { server: 'floor', model: 'wallet' },
} as const satisfies Readonly<Record<string, Loaded>>;

type LoadName = keyof typeof loads;

interface Capability {
  readonly what: string;
  readonly of: LoadName;
  readonly to: LoadName;
  /** In place of what was recorded. */
  readonly atMost?: number;
}

/**
 * What is held to a budget: CPU of one login to that of another. A server that has one kind of login is compared with another
 * such (`alone`): one that has several is compiled for all of them.
 */
export const capabilities: readonly Capability[] = [
  { what: 'PKCE login, to the floor', of: 'PKCE', to: 'floor, PKCE' },
  { what: 'wallet login, to the floor', of: 'wallet', to: 'floor, wallet' },
  { what: 'refresh token and ID token', of: 'openid', to: 'PKCE' },
  { what: '51st live grant of an account', of: '51st grant', to: 'PKCE' },
  { what: 'RS256 in place of ES256', of: 'RS256', to: 'alone' },
  { what: 'audit trail', of: 'alone', to: 'without audit' },
  { what: 'chain of the audit trail', of: 'alone', to: 'without chain', atMost: 1.01 },
  { what: 'metrics', of: 'alone', to: 'without metrics' },
  { what: 'log', of: 'alone', to: 'without log' },
  { what: 'tracing, one in a hundred', of: 'traced', to: 'alone' },
  { what: 'limits', of: 'limited', to: 'alone' },
];

/** How far above what was recorded a ratio may be before it counts. */
const tolerance = 0.05;
const pace = { users: 16, warmUpSeconds: 3.5, seconds: 0.75, rounds: 8 };
/** Of one capability alone, for a difference of one in a hundred. */
const roundsOfOne = 100;
/** An account never has 50 live grants: a run is shorter than they live. */
const accountsEach = 32;

interface Recorded extends Provenance {
  readonly ratios: Readonly<Record<string, number>>;
}

/** What a capability costs, as the ratios of its rounds. */
interface Cost {
  readonly what: string;
  readonly middle: number;
  /** A quarter of the rounds is below the first, a quarter above the second. */
  readonly quartiles: readonly [number, number];
  /** Milliseconds of CPU on this machine, beyond what it is compared with. */
  readonly ms: number;
  /** The most that it may be; undefined before it was recorded. */
  readonly budget: number | undefined;
  readonly isOver: boolean;
}

const file = join(root, 'bench/budget.json');

/**
 * Measures what each capability, or one alone, costs a login, each to a baseline in the same round, and prints it beside
 * what was recorded. A
 * capability is over its budget when three rounds in four are: a disturbed round can neither hide one nor make one.
 * Returns the names of those; with `record` none, and keeps the figures. Throws: Error when other work disturbed it.
 */
export async function checkBudget({ record, what: alone }: Pick<Settings, 'record' | 'what'>): Promise<string[]> {
  const asked = capabilities.filter(({ what }) => alone === undefined || what === alone);
  if (alone !== undefined && record) throw new Error('the budget is recorded as a whole, without --what');
  if (asked.length === 0) throw new Error(`no such capability: ${alone}`);
  const recorded = existsSync(file) && !record ? (JSON.parse(readFileSync(file, 'utf8')) as Recorded) : undefined;
  const results = await measureLoads(
    new Set(asked.flatMap(({ of, to }) => [of, to])),
    alone === undefined ? pace.rounds : roundsOfOne,
  );
  const costs = asked.map((capability) => costOf(capability, results, recorded));
  console.log(costTable(costs));
  const other = median([...results.values()].flat().map(({ busy }) => busy.other));
  if (other > disturbedAbove) {
    throw new Error(`other work kept ${other.toFixed(1)} cores busy, which says nothing of the budget: measure again`);
  }
  if (record) {
    const ratios = Object.fromEntries(costs.map(({ what, middle }) => [what, Number(middle.toFixed(3))]));
    writeFileSync(file, `${JSON.stringify({ ...provenance(), ratios } satisfies Recorded, undefined, 2)}\n`);
  }
  return costs.filter(({ isOver }) => isOver).map(({ what }) => what);
}

type Results = ReadonlyMap<LoadName, readonly LoadResult[]>;

async function measureLoads(asked: ReadonlySet<LoadName>, rounds: number): Promise<Results> {
  const collector = await serveLocally((request, response) => request.resume().on('end', () => response.end('{}')));
  const commands = servers(collector.url);
  const names = (Object.keys(loads) as LoadName[]).filter((name) => asked.has(name));
  const needed = new Set<string>(names.map((name) => loads[name].server));
  const running = new Map<string, RunningServer>();
  const orders: LoadOrder[] = [];
  try {
    for (const [name, command] of Object.entries(commands))
      if (needed.has(name)) running.set(name, await startServer(command));
    for (const name of names) {
      const { server, model, scope = 'profile', oneAccount = false }: Loaded = loads[name];
      const { url = '', pid = 0 } = running.get(server) ?? {};
      const accounts = oneAccount ? 1 : accountsEach;
      const order = { url, pid, model, scope, client: demoClient, users: pace.users, accountsEach: accounts };
      orders.push({ ...order, fromAnywhere: true });
    }
    const results = await runLoads({ loads: orders, ...pace, rounds });
    const broken = results.flat().find(({ errors }) => errors > 0);
    if (broken !== undefined) throw new Error(`logins failed: ${broken.errorTexts.join('; ')}`);
    return new Map(names.map((name, index) => [name, results[index] ?? []]));
  } finally {
    await collector.close();
    await Promise.all([...running.values()].map(({ stop }) => stop()));
    for (const name of Object.keys(switchedOff)) rmSync(builtWithout(name), { force: true });
  }
}

function servers(collector: string) {
  // So that each visitor is one to the limits; of all alike, because it costs.
  const behindProxy = { TRUST_PROXY: '127.0.0.1' };
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_TRACES_SAMPLER_ARG: '0.01' };
  return {
    floor: floor(),
    service: service(behindProxy),
    alone: service(behindProxy),
    RS256: service({ ...behindProxy, SIGNING_ALG: 'RS256' }),
    traced: service({ ...behindProxy, ...tracing }),
    limited: service({ ...behindProxy, RATE_LIMIT: 'on' }),
    'without audit': without('without audit'),
    'without chain': without('without chain'),
    'without metrics': without('without metrics'),
    'without log': without('without log'),
  };

  function without(name: keyof typeof switchedOff): ServerCommand {
    const { statement, instead } = switchedOff[name];
    const text = readFileSync(join(root, 'dist/main.js'), 'utf8');
    if (text.split(statement).length !== 2) throw new Error(`dist/main.js has not one ${statement}`);
    writeFileSync(builtWithout(name), text.replace(statement, instead));
    return { ...service(behindProxy), args: [builtWithout(name)] };
  }
}

function builtWithout(name: string): string {
  return join(root, 'dist', `${name.replaceAll(' ', '-')}.js`);
}

function costOf({ what, of, to, atMost }: Capability, results: Results, recorded: Recorded | undefined): Cost {
  const [dear, cheap] = [of, to].map((name) => (results.get(name) ?? []).map(({ cpuMsPerLogin }) => cpuMsPerLogin));
  const rounds = (dear ?? []).map((ms, round) => ({ ms, than: cheap?.[round] ?? Number.NaN }));
  const ratios = rounds.map(({ ms, than }) => ms / than).toSorted((a, b) => a - b);
  const above = rounds.map(({ ms, than }) => ms - than);
  const before = recorded?.ratios[what];
  const budget = atMost ?? (before === undefined ? undefined : before * (1 + tolerance));
  const [lower, upper] = [quantile(0.25, ratios), quantile(0.75, ratios)];
  return {
    what,
    middle: median(ratios),
    quartiles: [lower, upper],
    ms: median(above),
    budget,
    isOver: budget !== undefined && lower > budget,
  };
}

function costTable(costs: readonly Cost[]): string {
  const rows = costs.map(({ what, middle, quartiles, ms, budget, isOver }) => [
    what,
    middle.toFixed(2),
    quartiles.map((quartile) => quartile.toFixed(2)).join(' to '),
    ms.toFixed(3),
    budget === undefined ? '' : `≤ ${budget.toFixed(2)}${isOver ? ' OVER' : ''}`,
  ]);
  return table(['what it costs a login', 'times', 'half of the rounds', 'ms more', 'budget'], rows);
}
