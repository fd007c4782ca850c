import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { guidePage, guides } from '../support/docs/client-guide';

const root = join(__dirname, '../..');
const tests = ['test/interop', 'test/browser', 'test/e2e', 'packages/client/test']
  .flatMap((folder) => namesIn(folder).map((name) => readFileSync(join(root, folder, name), 'utf8')))
  .filter((text) => text.includes('client-guide'));

/** The languages of what a reader takes over and runs. */
const languages = ['js', 'ts', 'tsx', 'html', 'sh'];

describe('docs/clients.md', () => {
  it.each(guides)(
    'given its section %s, when the tests are searched, then one of them takes its configuration from there',
    (guide) => {
      expect(tests.some((text) => text.includes(`'${guide}'`))).toBe(true);
    },
  );
});

describe('docs/guides', () => {
  // Whoever owns a scope on npm could put anything in the place of a package that is not there.
  it('given every page, when it says what to install, then our packages are files', () => {
    const pages = [...namesIn('docs').map((name) => `docs/${name}`), 'packages/client/README.md', 'README.md'];
    const installed = pages.flatMap(
      (path) => readFileSync(join(root, path), 'utf8').match(/npm (?:i|install|add) .*/g) ?? [],
    );

    expect(installed.filter((command) => command.includes('./tessera-client-0.1.0.tgz')).length).toBeGreaterThan(5);
    expect(installed.filter((command) => command.includes('@tessera/'))).toEqual([]);
  });

  it('given each section with code, when the tests are searched, then one of them takes it from there', () => {
    const pages = namesIn('docs').filter((path) => path.startsWith('guides/'));
    const untested = pages.flatMap((path) => {
      const { headings, blocksOf } = guidePage(`docs/${path}`);
      const ofPage = tests.filter((text) => text.includes(`'docs/${path}'`));
      const isTaken = (heading: string) =>
        ofPage.some((text) => text.includes(`'${heading}'`) || text.includes('blocksOf(undefined'));
      return headings
        .filter((heading) => languages.some((language) => blocksOf(heading, language).length > 0))
        .filter((heading) => !isTaken(heading))
        .map((heading) => `${path}: ${heading}`);
    });

    expect(untested).toEqual([]);
  });
});

function namesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(?:md|test\.ts)$/.test(name),
  );
}
