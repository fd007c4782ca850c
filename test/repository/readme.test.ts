import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from '../../src/platform/config';
import { testKeyEncryptionKey } from '../support/production';

const root = join(__dirname, '../..');
const source = readFileSync(join(root, 'src/platform/config.ts'), 'utf8');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

const names = [...source.matchAll(/^ {2}([A-Z_]+): \{/gm)].map(([, name = '']) => name);
const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\| (.*?) +\|/gm)].map(
  ([, name = '', byDefault = '', allowed = '']) => ({ name, byDefault, allowed }),
);

describe('the settings in the README', () => {
  it('given the settings in the source, when the table is read, then it has each of them, in their order', () => {
    expect(rows.map(({ name }) => name)).toEqual(names);
  });

  it.each(rows)(
    'given a wrong $name, when it is refused, then what is allowed is what the table says',
    ({ name, allowed }) => {
      const load = () => loadConfig({ [name]: '\0' });

      expect(load).toThrow(ConfigError);
      expect(load).toThrow(`is not allowed; allowed: ${allowed}`);
    },
  );

  it.each(rows)(
    'given a default of $name in the table, when it is set, then nothing changes',
    ({ name, byDefault }) => {
      const [, value] = /^`([^`$]+)`/.exec(byDefault) ?? [];

      expect(loadConfig({ [name]: value })).toEqual(loadConfig({}));
    },
  );

  it.each(rows.filter(({ byDefault }) => byDefault.includes('in production')))(
    'given the default of $name in production, when it is set there, then nothing changes',
    ({ name, byDefault }) => {
      const production = {
        NODE_ENV: 'production',
        ISSUER: 'https://id.example.com',
        KEY_ENCRYPTION_KEYS: testKeyEncryptionKey,
      };
      const [, value] = /in production `([^`]+)`$/.exec(byDefault) ?? [];

      expect(loadConfig({ ...production, [name]: value })).toEqual(loadConfig(production));
      expect(value).toBeDefined();
    },
  );
});

describe('what the README points at', () => {
  it('given the scripts that it names, when package.json is read, then each of them is there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...readme.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name = '']) => name);

    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !Object.keys(scripts).includes(name))).toEqual([]);
  });

  it('given its links and pictures, when they are followed, then each leads to a file', () => {
    const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target);

    expect(targets.length).toBeGreaterThan(3);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });
});
