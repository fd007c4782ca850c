import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type CheckId, checks } from '../src/apps/comparison/checks/catalogue';
import { EvmChain } from '../test/support/evm/evm-chain';
import { newAccount } from '../test/support/clients/wallet';
import { buildTwin, twinFile } from './build';
import { readMatrix, writeMatrix, matrixOf } from './document';
import { alone, baseline, type Measurement, problemsOf, silent, together } from './matrix';
import { hashOfSources } from './sources';
import { textOf } from './text';
import { asking, Twins } from './twins';

const usage = `npm run ablation -- [--pairs] [--check id,id] [--json]
npm run ablation -- --serve id,id [--port 3001]

Takes the checks of the flows away, one by one, in a twin of the service, and mounts every attack on what is left.
  --pairs  also two at a time, where one alone let nothing through; without it, when the sources have changed
  --check  these checks alone; nothing is written
  --json   the matrix as JSON
  --serve  starts the twin without these checks, to look at
  --port   its port

Exit status: 0 every check stops something and every attack falls somewhere, 1 not so, 64 wrong arguments.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      pairs: { type: 'boolean', default: false },
      check: { type: 'string' },
      json: { type: 'boolean', default: false },
      serve: { type: 'string' },
      port: { type: 'string', default: '3001' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  await buildTwin();
  if (values.serve !== undefined) return serve(checkIds(values.serve), values.port);
  const asked = values.check === undefined ? undefined : checkIds(values.check);
  const measured = await measure(asked, values.pairs);
  const matrix = matrixOf(measured);
  process.stdout.write(values.json ? `${JSON.stringify(matrix, null, 2)}\n` : textOf(matrix));
  if (asked === undefined && measured.problems.length === 0) writeMatrix(matrix);
  for (const problem of measured.problems) process.stderr.write(`${problem}\n`);
  return measured.problems.length === 0 ? 0 : 1;
}

/** All checks, or `asked`, on twins that share a node of their own. */
async function measure(asked: readonly CheckId[] | undefined, pairs: boolean): Promise<Measurement> {
  const chain = await EvmChain.start(1, newAccount());
  const twins = Twins.start(Math.min(availableParallelism(), 4), asking(chain.url));
  try {
    const problems = await baseline(twins);
    if (problems.length > 0) return { cells: [], pairs: [], problems };
    const cells = await alone(twins, asked ?? checks.map(({ id }) => id));
    // The pairs that were measured before stand as long as the sources do.
    const recorded = readMatrix();
    const known = recorded?.sources === hashOfSources() ? recorded.pairs : undefined;
    const kept = asked === undefined ? known : [];
    const found = pairs || kept === undefined ? await together(twins, silent(cells), cells) : kept;
    return { cells, pairs: found, problems: asked === undefined ? problemsOf(cells, found) : [] };
  } finally {
    await twins.stop();
    // Its end keeps no process waiting.
    void chain.stop();
  }
}

async function serve(without: readonly CheckId[], port: string): Promise<number> {
  const twin = spawn(process.execPath, [twinFile, '--without', without.join(','), '--port', port], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => twin.kill(signal));
  return new Promise((resolve) => twin.once('exit', (status) => resolve(status ?? 0)));
}

function checkIds(text: string): CheckId[] {
  const ids = checks.map(({ id }) => id);
  return text.split(',').map((name) => {
    const id = ids.find((each) => each === name);
    if (id === undefined) throw new Error(`${name} is no check; there are ${ids.join(', ')}`);
    return id;
  });
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 64;
  },
);
