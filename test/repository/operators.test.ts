import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { withRights } from '../support/docs/rights-table';

it('given docs/operators.md, when its table is written anew from the endpoints, then it is the same', () => {
  const page = readFileSync('docs/operators.md', 'utf8');
  const written = execFileSync('npx', ['oxfmt', '--stdin-filepath', 'docs/operators.md'], { input: withRights(page) });

  expect(written.toString()).toBe(page);
});
