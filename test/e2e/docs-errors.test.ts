import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { wholeDocument } from '../support/docs/api-document';
import { errorTables, type Row } from '../support/docs/error-tables';

const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');

it('given the catalogues in the source, when the tables of docs/errors.md are read, then they hold the same', async () => {
  const { byReason, byRedirect, ofHttp } = errorTables(await wholeDocument());

  expect(tableUnder('By reason')).toEqual(byReason);
  expect(tableUnder('By redirect')).toEqual(byRedirect);
  expect(tableUnder('Of HTTP itself')).toEqual(ofHttp);
});

/** The rows of the table under a heading, without those of its head. */
function tableUnder(heading: string): Row[] {
  const section = page.split(/^## /m).find((each) => each.startsWith(heading)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
