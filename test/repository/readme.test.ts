import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
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

    expect(targets.filter((target) => !leadsSomewhere(page.path, target))).toEqual([]);
  });

  it('given the README, when its scripts and links are counted, then they were found', () => {
    expect(readme.match(/npm run (?:--silent )?[\w:]+/g)?.length).toBeGreaterThan(3);
    expect(readme.match(/\]\((?!https?:)/g)?.length).toBeGreaterThan(3);
  });
});

/** To a file, and to a heading of it where the target names one. */
function leadsSomewhere(path: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const found = file === '' ? join(root, path) : join(root, dirname(path), file);
  if (!existsSync(found)) return false;
  if (anchor === undefined) return true;
  return anchorsOf(readFileSync(found, 'utf8')).has(anchor);
}

/** As GitHub makes them of headings: the second of one name ends in -1. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const [, heading = ''] of text.matchAll(/^#+ (.+)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    anchors.add(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return anchors;
}
