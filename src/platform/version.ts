import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { root } from '../root';

/** The version of this service, as its package says it. */
export function ownVersion(): string {
  const text = readFileSync(join(root, '..', 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
