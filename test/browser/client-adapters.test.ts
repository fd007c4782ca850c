import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const root = join(__dirname, '../..');
const run = promisify(execFile);

describe('the adapters of @tessera/client', () => {
  it('given the wallet libraries as they are published, when the adapters are checked against their types, then they fit', async () => {
    const compiler = join(root, 'node_modules/typescript-7/bin/tsc');

    const checked = run(process.execPath, [compiler, '-p', join(root, 'packages/client/adapters')]);

    await expect(checked).resolves.toMatchObject({ stdout: '' });
  });
});
