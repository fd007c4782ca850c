import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from '../../src/platform/config';
import { settings } from '../../src/platform/settings';
import { testKeyEncryptionKey } from '../support/service/production';
import { describedSettings, settingsPage } from '../support/docs/settings-page';

const page = readFileSync(join(__dirname, '../../docs/settings.md'), 'utf8');
const described = describedSettings(page);

describe('docs/settings.md', () => {
  it('given the settings in the source, when the page is read, then it is what `npm run docs:settings` writes', () => {
    expect(page).toBe(settingsPage());
  });

  it('given the settings in the source, when the page is read, then it has each of them, in their order', () => {
    expect(described.map(({ name }) => name)).toEqual(Object.keys(settings));
  });

  it('given its raw text, when its lines are measured, then none is longer than 100 characters', () => {
    expect(page.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it.each(described)(
    'given a wrong $name, when it is refused, then what is allowed is what the page says',
    ({ name, allowed }) => {
      const load = () => loadConfig({ [name]: '\0' });

      expect(load).toThrow(ConfigError);
      expect(load).toThrow(`is not allowed; allowed: ${allowed}`);
    },
  );

  it.each(described)(
    'given a default of $name on the page, when it is set, then nothing changes',
    ({ name, byDefault }) => {
      const [, value] = /^`([^`$]+)`/.exec(byDefault) ?? [];

      expect(loadConfig({ [name]: value })).toEqual(loadConfig({}));
    },
  );

  it.each(described.filter(({ byDefault }) => byDefault.includes('in production')))(
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
