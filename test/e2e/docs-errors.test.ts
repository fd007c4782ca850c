import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { wholeDocument } from '../support/docs/api-document';
import { errorTables, reasonsModule, type Row } from '../support/docs/error-tables';

const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');

it('given the catalogues in the source, when the tables of docs/errors.md are read, then they hold the same', async () => {
  const { byReason, byRedirect, ofHttp } = errorTables(await wholeDocument());

  expect(tableUnder('By reason')).toEqual(byReason);
  expect(tableUnder('By redirect')).toEqual(byRedirect);
  expect(tableUnder('Of HTTP itself')).toEqual(ofHttp);
});

it('given the catalogues in the source, when the reasons of the client package are read, then they are the same', async () => {
  const { byReason } = errorTables(await wholeDocument());

  expect(readFileSync(join(__dirname, '../../packages/client/src/reasons.ts'), 'utf8')).toBe(reasonsModule(byReason));
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
