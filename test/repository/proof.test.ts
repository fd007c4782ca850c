import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { pageOf } from '../../proof/document';
import { hashOfModels, readRecord } from '../../proof/record';

describe('the recorded proof', () => {
  it('given today’s models, when it is read, then it is of them', () => {
    // Proved again by `npm run proof`.
    expect(readRecord().sources).toBe(hashOfModels());
  });

  it('given docs/proof.md, when it is written again, then it is the same', async () => {
    const page = readFileSync(join(__dirname, '../../docs/proof.md'), 'utf8');

    expect(await pageOf(readRecord())).toBe(page);
  });
});
