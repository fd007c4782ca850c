import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsPage } from './settings-page';

/** Writes docs/settings.md anew from the source: `npm run docs:settings`. */
writeFileSync(join(__dirname, '../../../docs/settings.md'), settingsPage());
