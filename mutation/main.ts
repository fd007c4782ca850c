import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writePage } from '../ablation/document';
import { merged, readMutationRecord, strykerReport, writeMutationRecord } from './record';

const usage = `npm run mutation -- [--only file,file] [--page]

Changes the flows and rules (mutation/suites.cjs), one small thing at a time, and asks whether a test fails. Installs Stryker
first, in a folder of its own. Writes mutation/mutants.json and docs/ablation.md; whoever adds a survivor writes its sentence
into the record.
  --only  these files alone; the others keep what was measured
  --page  writes docs/ablation.md from the record, and measures nothing

Exit status: 0 every survivor has a sentence, 1 not so, 64 wrong arguments.
`;

const root = join(__dirname, '..');
const stryker = join(__dirname, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const report = join(root, 'reports/mutation/mutation.json');

function main(): number {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      page: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (!values.page) measure(values.only);
  const record = readMutationRecord();
  if (record === undefined) throw new Error('Nothing has been measured yet: npm run mutation');
  writePage();
  const unexplained = record.survivors.filter(({ why }) => why === '');
  for (const { file, code, original, becomes } of unexplained) {
    process.stderr.write(`${file}: ${code}\n  ${original} => ${becomes}: no test fails, and no sentence says why\n`);
  }
  return unexplained.length === 0 ? 0 : 1;
}

function measure(only: string | undefined): void {
  if (!existsSync(stryker)) run('npm', ['ci', '--prefix', __dirname]);
  rmSync(report, { force: true });
  const files = only === undefined ? [] : ['--mutate', only];
  run(process.execPath, [stryker, 'run', 'mutation/stryker.config.mjs', ...files]);
  writeMutationRecord(merged(readMutationRecord(), strykerReport.parse(JSON.parse(readFileSync(report, 'utf8')))));
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 64;
}
