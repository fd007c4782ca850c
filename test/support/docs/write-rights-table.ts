import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withRights } from './rights-table';

/** Writes the table of docs/operators.md anew from the endpoints: `npm run docs:operators`. */
const path = join(__dirname, '../../../docs/operators.md');
writeFileSync(path, withRights(readFileSync(path, 'utf8')));
