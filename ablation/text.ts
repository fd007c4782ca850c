import { fallsWithout, type Matrix } from '../src/apps/comparison/checks/matrix';

/** The matrix as lines of a terminal. */
export function textOf(measured: Matrix): string {
  const measuredChecks = new Set(measured.cells.map(({ check }) => check));
  const lines = measured.checks
    .filter(({ id }) => measuredChecks.has(id))
    .map(({ id }) => `${id.padEnd(30)}${fallsWithout(measured, id).join(', ') || '–'}`);
  const pairs = measured.pairs.map(({ checks, attack }) => `${checks.join(' + ').padEnd(60)}${attack}`);
  return `${['Taken away                    falls', ...lines, '', ...pairs].join('\n')}\n`;
}
