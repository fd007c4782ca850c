import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matrix } from '../src/apps/comparison/checks/matrix';
import { root } from '../test/support/run/repository';
import { pageOf } from './document';
import { readModels } from './models';
import { prove } from './prove';
import { recordFile } from './record';
import { missingProgram } from './spin';

const usage = `npm run proof

Visits every state of the models in proof/: with every check, without each, and with each seeded fault. Writes docs/proof.md
and the record that GET /compare/ablation serves.

Exit status: 0 everything is as it must be, 1 not so, 64 wrong arguments, 69 spin or gcc is not installed.`;

async function main([...args]: readonly string[]): Promise<number> {
  if (args.length > 0) {
    console.log(usage);
    return args[0] === '--help' ? 0 : 64;
  }
  const missing = await missingProgram();
  if (missing !== undefined) {
    console.error(`npm run proof needs ${missing}: apt-get install spin gcc libc6-dev`);
    return 69;
  }
  const measured = join(root, 'src/apps/comparison/checks/ablation.json');
  const begun = performance.now();
  const { record, problems } = await prove(
    readModels(),
    existsSync(measured) ? matrix.parse(JSON.parse(readFileSync(measured, 'utf8'))) : undefined,
  );
  const seconds = Math.round((performance.now() - begun) / 1000);
  for (const { model, states } of record.models) console.log(`${model}: ${states} states with every check in place`);
  console.log(`${record.cells.length} cells, ${record.faults.length} faults found, in ${seconds} s`);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) return 1;
  writeFileSync(recordFile, `${JSON.stringify(record, null, 1)}\n`);
  writeFileSync(join(root, 'docs/proof.md'), await pageOf(record));
  return 0;
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
