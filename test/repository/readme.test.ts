import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { leadsSomewhere } from '../support/docs/links';
import { describedSettings } from '../support/docs/settings-page';

const root = join(__dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the README', () => {
  it('given its words, when they are counted, then they are at most 900', () => {
    expect(readme.split(/\s+/).filter((word) => word !== '').length).toBeLessThanOrEqual(900);
  });

  it('given its first screen, when it is read, then it says how the service is started and tested', () => {
    const screen = readme.split('\n').slice(0, 20).join('\n');

    expect(screen).toMatch(/^ {4}npm ci && npm start /m);
    expect(screen).toMatch(/^ {4}npm ci && npm test /m);
  });

  it('given its table of settings, when it is compared with docs/settings.md, then each has the default that stands there', () => {
    const defaults = new Map(
      describedSettings(readFileSync(join(root, 'docs/settings.md'), 'utf8')).map(({ name, byDefault }) => [
        name,
        byDefault,
      ]),
    );
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\|/gm)].map(([, name, byDefault]) => [
      name,
      byDefault,
    ]);

    expect(rows.length).toBe(8);
    expect(rows).toEqual(rows.map(([name = '']) => [name, defaults.get(name)]));
  });
});

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

describe('what the README and the pages beside it point at', () => {
  it.each(pages)('given the scripts that $path names, when package.json is read, then each is there', ({ text }) => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...text.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name = '']) => name);

    expect(named.filter((name) => !Object.keys(scripts).includes(name))).toEqual([]);
  });

  it.each(pages)('given the links and pictures of $path, when they are followed, then each leads somewhere', (page) => {
    const targets = [...page.text.matchAll(/\]\((?!https?:)([^)]+)/g)].map(([, target = '']) => target);

    expect(targets.filter((target) => !leadsSomewhere(join(root, page.path), target))).toEqual([]);
  });

  it('given the README, when its scripts and links are counted, then they were found', () => {
    expect(readme.match(/npm run (?:--silent )?[\w:]+/g)?.length).toBeGreaterThan(3);
    expect(readme.match(/\]\((?!https?:)/g)?.length).toBeGreaterThan(3);
  });
});
