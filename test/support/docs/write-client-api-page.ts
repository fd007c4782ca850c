import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientApiPage } from './client-api-page';

const root = join(__dirname, '../../..');

/** Writes docs/client-api.md anew from the types that were built last: `npm run docs:client`. */
async function main(): Promise<void> {
  writeFileSync(join(root, 'docs/client-api.md'), await clientApiPage(join(root, 'packages/client')));
}

void main();
