import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import budget from './budget.json';
import { capabilities, switchedOff } from './check-budget';
import { root } from '../test/support/run/repository';

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(root, 'src', path), 'utf8'));

describe('the budget', () => {
  it('given what it measures, when it is compared with what was recorded, then each has a ratio', () => {
    expect(Object.keys(budget.ratios)).toEqual(capabilities.map(({ what }) => what));
  });

  it.each(Object.entries(switchedOff))(
    'given %s, when the sources are read, then its statement is there once',
    (_name, { statement }) => {
      const found = sources.flatMap((source) => source.match(new RegExp(statement, 'g')) ?? []);

      expect(found).toHaveLength(1);
    },
  );
});
