import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checks } from '../src/apps/comparison/checks/catalogue';
import { places } from './places';

const root = join(__dirname, '..');

/** What the matrix is measured with: the files that hold the checks, the attacks, and what the twin does in their place. */
const measuredWith = [
  ...checks.map(({ where }) => where.split('#')[0] ?? ''),
  ...places.map(({ file }) => file),
  ...filesIn('src/apps/comparison/attacks'),
  'src/apps/comparison/checks/catalogue.ts',
  'ablation/places.ts',
  'ablation/weak.ts',
];

/** SHA-256 of these files, in hex: another one means that the matrix was measured with other sources. */
export function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const file of [...new Set(measuredWith)].toSorted()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
}
