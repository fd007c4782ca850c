import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { guides } from '../support/client-guide';

const tests = ['interop', 'browser'].flatMap((folder) =>
  readdirSync(join(__dirname, '..', folder)).map((name) => readFileSync(join(__dirname, '..', folder, name), 'utf8')),
);

describe('docs/clients.md', () => {
  it.each(guides)(
    'given its section %s, when the tests are searched, then one of them takes its configuration from there',
    (guide) => {
      expect(tests.some((text) => text.includes(`'${guide}'`) && text.includes('client-guide'))).toBe(true);
    },
  );
});
