import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { auditEventTypes } from '../../src/operations/audit/audit-event';
import { completeEvent } from '../support/stores/sample-events';

const page = readFileSync(join(__dirname, '../../docs/audit.md'), 'utf8');

/** The cells of the tables under a heading, without the backticks. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `(.*) \|$/gm)].map(([, row = '']) =>
    `\`${row}`.split('|').map((cell) => cell.trim().replaceAll('`', '')),
  );
}

describe('docs/audit.md', () => {
  it('given the types in the source, when its table is read, then it has each of them, with outcome and model', () => {
    const models = { pkce: 'pkce', wallet: 'wallet', passkey: 'passkey', step: 'the endpoint’s' } as const;
    const expected = Object.entries(auditEventTypes).map(([type, { outcome, model }]) => [
      type,
      outcome,
      type === 'session_begun' ? 'as it logged in' : model === undefined ? 'none' : models[model],
    ]);

    const described = rowsUnder('Types').map(([type, _when, outcome, model]) => [
      type,
      outcome,
      model?.replace("'", '’'),
    ]);

    expect(described.toSorted()).toEqual(expected.toSorted());
  });

  it('given the fields of an event, when its table is read, then it has each of them, in their order', () => {
    const { challenge: _challenge, id, ...answered } = completeEvent(0);
    const order = rowsUnder('Fields').map(([name]) => name);

    expect(order).toEqual(Object.keys({ id, seq: 1, ...answered }));
  });
});
