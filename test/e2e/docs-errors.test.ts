import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { errorCatalogues, errorTables, type Row } from '../support/docs/error-tables';
import { adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');

describe('docs/errors.md', () => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  const document = fixture(() => fetch(`${service.url}/docs-json`).then((response) => response.json()));

  it('given the source, when its catalogues of errors are listed, then the known ones are among them', () => {
    const names = [...errorCatalogues().keys()];

    expect(names).toEqual(
      expect.arrayContaining(['oauthErrors', 'authorizationErrors', 'tokenErrors', 'walletErrors', 'httpErrors']),
    );
  });

  it('given the catalogues in the source, when the tables are read, then they hold the same', () => {
    const { byReason, byRedirect, ofHttp } = errorTables(document);

    expect(tableUnder('By reason')).toEqual(byReason);
    expect(tableUnder('By redirect')).toEqual(byRedirect);
    expect(tableUnder('Of HTTP itself')).toEqual(ofHttp);
  });
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
