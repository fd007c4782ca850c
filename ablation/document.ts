import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptions } from '../src/apps/comparison/attacks/catalogue';
import { checks } from '../src/apps/comparison/checks/catalogue';
import { fallsWithout, type Matrix, matrix } from '../src/apps/comparison/checks/matrix';
import { type MutationRecord, readMutationRecord } from '../mutation/record';
import { mutationSection } from '../mutation/section';
import type { Measurement } from './matrix';
import { hashOfSources } from './sources';

const root = join(__dirname, '..');
const data = join(root, 'src/apps/comparison/checks/ablation.json');
const page = join(root, 'docs/ablation.md');

/** The recorded matrix; undefined before the first measurement. */
export function readMatrix(): Matrix | undefined {
  return existsSync(data) ? matrix.parse(JSON.parse(readFileSync(data, 'utf8'))) : undefined;
}

export function matrixOf({ cells, pairs }: Pick<Measurement, 'cells' | 'pairs'>): Matrix {
  return {
    version: 1,
    measured_at: new Date().toISOString(),
    sources: hashOfSources(),
    checks: [...checks],
    attacks: descriptions(),
    cells,
    pairs,
  };
}

export function writeMatrix(measured: Matrix): void {
  writeFileSync(data, linesOf(measured));
  writePage();
}

/** Writes docs/ablation.md from what was measured before. Throws: when either record is missing. */
export function writePage(): void {
  const [measured, mutation] = [readMatrix(), readMutationRecord()];
  if (measured === undefined) throw new Error('There is no recorded matrix: npm run ablation -- --pairs');
  if (mutation === undefined) throw new Error('There is no record of mutants: npm run mutation');
  writeFileSync(page, pageOf(measured, mutation));
}

/** JSON with one cell, pair, check or attack a line, so that a change of one shows as one. */
function linesOf(measured: Matrix): string {
  const members = Object.entries(measured).map(([name, value]) => {
    const text = Array.isArray(value)
      ? `[\n${value.map((each) => JSON.stringify(each)).join(',\n')}\n]`
      : JSON.stringify(value);
    return `${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${members.join(',\n')}\n}\n`;
}

/** docs/ablation.md. */
export function pageOf(measured: Matrix, mutation: MutationRecord): string {
  const { pairs, measured_at: at, attacks } = measured;
  const rows = measured.checks.map(({ id, title, source, ablation, where }) => {
    const alone = fallsWithout(measured, id);
    const partners = [...new Set(pairs.filter((pair) => pair.checks.includes(id)).map(partnersOf(id)))];
    const falls =
      alone.length > 0 ? alone.map(code).join(', ') : `nothing; with ${partners.map(code).join(' or ')} see below`;
    const [file = '', name = ''] = where.split('#');
    return `| ${code(id)} | ${title} (${source}) | ${ablation} | ${falls} | [${name}](../${file}) |`;
  });
  const deep = pairs.map(
    ({ checks: [one = '', other = ''], attack }) => `| ${code(one)} | ${code(other)} | ${code(attack)} |`,
  );
  const inTheWay = attacks.map(({ id, title, expected }) => {
    const alone = measured.checks
      .filter((check) => fallsWithout(measured, check.id).includes(id))
      .map((check) => code(check.id));
    const paired = pairs.filter(({ attack }) => attack === id).map((pair) => pair.checks.map(code).join(' with '));
    const without =
      expected === 'succeeds' ? 'nothing; it shows what prevents it elsewhere' : [...alone, ...paired].join(', ');
    return `| ${code(id)} | ${title} | ${without} |`;
  });
  return `<!-- Written by npm run ablation -- --pairs, and by npm run mutation. -->

# Why each check is there

Every check of the flows was taken away, alone, in a twin of the service that is built for this and never deployed, and every
attack of the comparison was mounted on what was left. Where one alone let nothing through, another one stops the same: these
were taken away two at a time.

    npm run ablation                             # every check alone
    npm run ablation -- --pairs                  # and two at a time, as here
    npm run ablation -- --serve pkce.verifier    # the weakened service, to look at

Measured ${at.slice(0, 10)}: ${measured.checks.length} checks, ${attacks.length} attacks. With every check in place nothing falls that must not. A test holds that these are the figures of today’s sources.

## What falls without a check

| check | what it says | what the flow does without it | what falls | where it stands |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Defence in depth

Nothing of this falls while one of the two stands.

| without | and without | falls |
| --- | --- | --- |
${deep.join('\n')}

## What stands in the way of an attack

| attack | | falls without |
| --- | --- | --- |
${inTheWay.join('\n')}

${mutationSection(mutation)}`;
}

function partnersOf(check: string) {
  return ({ checks: both }: Matrix['pairs'][number]) => both.find((each) => each !== check) ?? '';
}

function code(id: string): string {
  return `\`${id}\``;
}
