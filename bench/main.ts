import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { format } from 'oxfmt';
import { checkBudget } from './check-budget';
import { figuresTable, type KeptPart, performanceDocument, provenance } from './document';
import { measureInstall } from './parts/install';
import { measureLogins } from './parts/logins';
import { measureLong } from './parts/long';
import { measurePeers } from './parts/peers';
import { measurePushed } from './parts/pushed';
import { measureRecords } from './parts/records';
import { measureStart } from './parts/start';
import { measureWorkers } from './parts/workers';
import type { Part } from './report';
import { readSettings, type Settings, usage } from './settings';

/** What can be measured, in the order of the document. */
const parts: Readonly<Record<string, (settings: Settings) => Part | Promise<Part>>> = {
  peers: measurePeers,
  logins: measureLogins,
  workers: measureWorkers,
  start: measureStart,
  long: measureLong,
  install: measureInstall,
  records: measureRecords,
  pushed: measurePushed,
};

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings === undefined) return console.log(usage);
  if (settings.parts.has('budget')) {
    if (settings.parts.size > 1) throw new Error('budget is measured alone: --only budget');
    const over = await checkBudget(settings);
    if (over.length > 0) throw new Error(`over its budget: ${over.join(', ')}`);
    return;
  }
  const unknown = [...settings.parts].filter((name) => !Object.keys(parts).includes(name));
  if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}`);

  // Parts of an earlier run stay in the document until they are measured again; each says when that was.
  const kept = new Map<string, KeptPart>(Object.entries(readKept(settings.figures)));
  const measured: Part[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (!settings.parts.has(name)) continue;
    console.error(`\n${name}`);
    try {
      const part = await measure(settings);
      measured.push(part);
      kept.set(name, { ...part, measured: provenance() });
      write(settings.figures, JSON.stringify(Object.fromEntries(kept), undefined, 1));
    } catch (error) {
      // The other parts took long, or will: they are worth having.
      console.error(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  const inOrder = Object.keys(parts).flatMap((name) => kept.get(name) ?? []);
  const { code } = await format(settings.document, performanceDocument(inOrder), {
    printWidth: 120,
    proseWrap: 'always',
  });
  write(settings.document, code);
  console.log(`\n${figuresTable(measured)}\n\nwritten: ${relative(process.cwd(), settings.document)}`);
  if (measured.some(({ absolutes }) => absolutes.some(({ errors }) => errors > 0))) {
    console.error('There were errors: the figures are worth nothing.');
    process.exitCode = 1;
  }
}

function readKept(file: string): Record<string, KeptPart> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, KeptPart>) : {};
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
