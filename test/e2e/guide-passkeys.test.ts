import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { guidePage } from '../support/docs/client-guide';
import { tesseraHere } from '../support/operations/tessera-command';
import { fixture } from '../support/run/fixture';
import { newDirectory } from '../support/run/temporary-directory';
import { emptyStore } from '../support/stores/stores';

const { registerAs } = guidePage('docs/guides/passkeys.md');

describe('docs/guides/passkeys.md', () => {
  const store = fixture(() => emptyStore('lmdb'));
  const folder = fixture(newDirectory);
  beforeAll(async () => {
    const file = join(folder.path, 'tessera.yaml');
    writeFileSync(file, 'users:\n  - username: anna\n');
    await tesseraHere(['apply', file], store.env);
  });

  it('given a user without a password, when the command is run, then there is a link that invites them', async () => {
    expect(await registerAs('Invitations', store)).toEqual([
      { url: expect.stringMatching(/\/link#./), expires_at: expect.any(Number) },
    ]);
  });

  it('given a user whose phone is lost, when the commands are run, then logins end, and there is a link of another purpose', async () => {
    const [disabled, enabled, link] = await registerAs('A lost phone', store);

    expect([disabled, enabled]).toMatchObject([{ disabled: true }, { username: 'anna' }]);
    expect(enabled).not.toMatchObject({ disabled: true });
    expect(link).toMatchObject({ url: expect.stringMatching(/\/link#./) });
  });
});
