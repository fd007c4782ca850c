import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { format } from 'oxfmt';
import { Cleanup, cleanUpOnSignals } from '../test/support/run/cleanup';
import { gameDayDocument, lostOf } from './document';
import { mongodbServer } from './mongodb-server';
import { play, type Result } from './play';
import type { Scenario } from './scenario';
import { scenarios, short } from './scenarios/all';
import { readSettings, type Settings, type StoreName, usage } from './settings';

interface Turn {
  readonly scenario: Scenario;
  readonly store: StoreName;
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  if (settings === 'help') return console.log(usage);
  if (settings === 'list') return console.log(scenarios.map(({ name, title }) => `${name}: ${title}`).join('\n'));
  const chosen = chosenScenarios(settings);
  cleanUpOnSignals();
  const cleanup = new Cleanup();
  try {
    await playAll(settings, chosen, cleanup);
  } finally {
    await cleanup.run();
  }
}

function chosenScenarios({ only, short: isShort }: Settings): readonly Scenario[] {
  const names = only ?? (isShort ? short : undefined);
  const unknown = [...(names ?? [])].filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(', ')}; --list names them`);
  return scenarios.filter(({ name }) => names?.has(name) ?? true);
}

async function playAll(settings: Settings, chosen: readonly Scenario[], cleanup: Cleanup): Promise<void> {
  const loadBefore = readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
  const mongodbUri = settings.store === 'embedded' ? undefined : await mongodbServer(cleanup);
  if (settings.store === 'mongodb' && mongodbUri === undefined) throw new Error('there is no MongoDB: set MONGODB_URI');
  const stores = (['embedded', 'mongodb'] as const).filter(
    (store) =>
      (settings.store === 'both' || settings.store === store) && (store === 'embedded' || mongodbUri !== undefined),
  );
  const turns: Turn[] = stores.flatMap((store) =>
    chosen.filter((scenario) => scenario.stores?.includes(store) ?? true).map((scenario) => ({ scenario, store })),
  );
  const results = new Map<Turn, Result>();
  const broken: string[] = [];
  const startedAt = performance.now();
  const queue = [...turns];
  const playNext = async () => {
    for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
      const { scenario, store } = turn;
      const name = `${scenario.name} on ${store}`;
      const say = (text: string) => settings.verbose && console.error(`${name}: ${text}`);
      const at = performance.now();
      try {
        const uri = store === 'mongodb' ? mongodbUri : undefined;
        const result = await play(scenario, store, { scale: settings.scale, mongodbUri: uri }, say);
        results.set(turn, result);
        console.error(`${name} (${((performance.now() - at) / 1000).toFixed(0)} s): ${inOneLine(result)}`);
      } catch (error) {
        broken.push(`${name}: ${firstLine(error)}`);
        console.error(`${name} broke off: ${error instanceof Error ? error.stack?.slice(0, 2_000) : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: settings.atOnce }, playNext));
  const played = turns.flatMap((turn) => results.get(turn) ?? []);
  const seconds = (performance.now() - startedAt) / 1000;
  const command = ['npm run gameday', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
  await write(
    settings.document,
    gameDayDocument({ command, scale: settings.scale, seconds, loadBefore, results: played, broken }, chosen),
  );
  console.error(`written after ${seconds.toFixed(0)} s: ${relative(process.cwd(), settings.document)}`);
  if (broken.length > 0 || played.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 300) ?? '';
}

function inOneLine({ alerts, account, failures }: Result): string {
  const told = alerts
    .map(({ name, about, afterSeconds }) => `${name} ${about} ${afterSeconds.toFixed(1)} s`)
    .join(', ');
  const verdict = failures.length === 0 ? 'as expected' : `FAILED: ${failures.join('; ')}`;
  return `${told || 'nobody told'}; lost ${lostOf(account)}; ${verdict}`;
}

async function write(file: string, text: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const { code } = await format(file, text, { printWidth: 120, proseWrap: 'always' });
  writeFileSync(file, code);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
