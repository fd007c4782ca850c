import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { LoaderContext } from '@rspack/core';
import type { Place } from './places';

const root = join(__dirname, '..');

/**
 * The source with every place of its file as the twin has it. A place is found by its text, whatever its line breaks and
 * indentation. Throws: when one is not there, or there twice.
 */
export function transformed(source: string, file: string, places: readonly Place[]): string {
  const own = places.filter((place) => place.file === file);
  if (own.length === 0) return source;
  const changed = own.reduce((text, { checks, code, becomes }) => {
    const found = [...text.matchAll(patternOf(code))].length;
    if (found !== 1) throw new Error(`${file}: ${found} places in place of one for ${checks.join(', ')}: ${code}`);
    return text.replace(patternOf(code), () => becomes);
  }, source);
  return `import * as twin from ${JSON.stringify(join(__dirname, 'weak.ts'))};\n${changed}`;
}

/** Throws: when a place is not in the sources any more. */
export function assertAllThere(places: readonly Place[]): void {
  for (const file of new Set(places.map((place) => place.file))) {
    transformed(readFileSync(join(root, file), 'utf8'), file, places);
  }
}

/** Matches the text with any white space between its words. */
function patternOf(code: string): RegExp {
  const words = code.trim().split(/\s+/);
  return new RegExp(
    words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join(String.raw`\s+`),
    'g',
  );
}

/** The loader that rspack runs before TypeScript is compiled. */
function transform(this: LoaderContext<{ readonly places: readonly Place[] }>, source: string): string {
  return transformed(source, relative(root, this.resourcePath), this.getOptions().places);
}

// rspack asks for a default export.
// oxlint-disable-next-line import/no-default-export
export default transform;
