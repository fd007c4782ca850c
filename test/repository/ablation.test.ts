import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { pageOf, readMatrix } from '../../ablation/document';
import { problemsOf } from '../../ablation/matrix';
import { places } from '../../ablation/places';
import { hashOfSources } from '../../ablation/sources';
import { assertAllThere, transformed } from '../../ablation/transform';
import { outdated, readMutationRecord, suites } from '../../mutation/record';
import { checks } from '../../src/apps/comparison/checks/catalogue';

const root = join(__dirname, '../..');
const recorded = readMatrix();
if (recorded === undefined) throw new Error('There is no recorded matrix: npm run ablation -- --pairs');
const mutation = readMutationRecord();
if (mutation === undefined) throw new Error('There is no record of mutants: npm run mutation');

describe('the recorded matrix', () => {
  it('given today’s sources, when it is read, then it was measured with them', () => {
    // Measured again by `npm run ablation -- --pairs`.
    expect(recorded.sources).toBe(hashOfSources());
  });

  it('given its cells, when they are judged, then every check stops something, and every attack falls somewhere', () => {
    expect(problemsOf(recorded.cells, recorded.pairs)).toEqual([]);
  });

  it('given docs/ablation.md, when it is written again, then it is the same', () => {
    expect(readFileSync(join(root, 'docs/ablation.md'), 'utf8')).toBe(pageOf(recorded, mutation));
  });
});

describe('the record of mutants', () => {
  it('given its files, when they are looked for, then each is one that is to be measured', () => {
    expect(mutation.files.filter(({ file }) => !(file in suites))).toEqual([]);
  });

  it('given each survivor, when it is read, then a sentence says why it cannot matter', () => {
    expect(mutation.survivors.filter(({ why }) => !/^[A-Z].*[.]$/.test(why))).toEqual([]);
  });

  it('given each survivor, when its line is looked up, then the source still has it', () => {
    // Measured again by `npm run mutation -- --only <file>`.
    expect(outdated(mutation)).toEqual([]);
  });

  it('given all flows, when they are looked for, then each is to be measured', () => {
    const flows = ['oauth', 'wallet'].flatMap((model) =>
      readdirSync(join(root, 'src/protocols', model))
        .filter((name) => name.endsWith('.flow.ts'))
        .map((name) => `src/protocols/${model}/${name}`),
    );

    expect(flows.filter((flow) => !(flow in suites))).toEqual([]);
  });

  it('given the suites of a file, when they are looked for, then all are there', () => {
    expect(
      Object.values(suites)
        .flat()
        .filter((suite) => !existsSync(join(root, suite))),
    ).toEqual([]);
  });
});

describe('the catalogue of checks', () => {
  it.each(checks)('given $id, when its place is looked up, then the file exports the name', ({ where }) => {
    const [file = '', name] = where.split('#');

    expect(readFileSync(join(root, file), 'utf8')).toMatch(
      new RegExp(`^export (?:abstract |async )*(?:class|function|const) ${name}\\b`, 'm'),
    );
  });

  it('given the places of the twin, when they are looked for, then all are there, one of each check at least', () => {
    expect(() => assertAllThere(places)).not.toThrow();
    expect(new Set(places.flatMap((place) => place.checks))).toEqual(new Set(checks.map(({ id }) => id)));
  });

  it('given a place that is not there any more, when the twin is built, then that is said', () => {
    const [place] = places;
    const file = place?.file ?? '';

    expect(() => transformed('const nothing = 1;', file, places)).toThrow(`${file}: 0 places in place of one`);
  });

  it('given the sources, when they are searched, then none has a switch', () => {
    const files = new Set(places.map((place) => place.file));

    for (const file of files) expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/\btwin\b/);
  });
});
