import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/threat-model.md'), 'utf8');

/** Each test that the page names: its file, and the words of its title. */
const named = [...page.matchAll(/`((?:packages|src|test)\/[\w./-]+\.test\.ts)`: “([^”]+)”/g)].map(
  ([, file = '', title = '']) => ({ file, title: title.replace(/\s+/g, ' ') }),
);

describe('docs/threat-model.md', () => {
  it('given who may attack, when its sections are read, then there is one for each', () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);

    expect(headings).toEqual([
      'The network',
      'A page',
      'A client',
      'A tenant',
      'An operator',
      'A user',
      'A reader of the store',
      'A local process',
      'An RPC node',
      'Not defended against',
    ]);
  });

  it('given each who may attack, when the section is read, then it names at least one test', () => {
    const sections = page.split(/^## /m).slice(1, -1);

    expect(sections.filter((section) => !/\.test\.ts`: “/.test(section))).toEqual([]);
  });

  it('given its tables, when every row is read, then each names a test', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:what|-)/.test(line));

    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => !/\.test\.ts`: “/.test(row))).toEqual([]);
  });

  it.each(named)('given $file: $title, when it is looked for, then that test is there', ({ file, title }) => {
    const source = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';

    expect(titlesIn(source).filter((each) => each.includes(title))).not.toEqual([]);
  });
});

/** The titles of tests, as they are written: of a parametrized one with its placeholders. */
function titlesIn(source: string): string[] {
  return [...source.matchAll(/(['"`])(given .*?)\1,/g)].map(([, , title = '']) => title);
}
