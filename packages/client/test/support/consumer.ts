import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };

const source = join(__dirname, '../..');
const modules = join(source, '../../node_modules');
/** What else a program has that uses every entry: the optional peers, and the frameworks and their types. */
const others = [
  'jose',
  'react',
  'vue',
  'express',
  'fastify',
  'hono',
  '@nestjs/common',
  '@types/express',
  '@types/node',
  '@types/react',
];

/** A program of somebody else, that has the package as npm publishes it. */
export interface Consumer {
  readonly folder: string;
  /** Where the package lies there. */
  readonly installed: string;
  /** What `npm publish` would send. */
  readonly tarball: Buffer<ArrayBuffer>;
  /** The paths in it. */
  readonly files: readonly string[];
  remove(): void;
}

/** The names that programs import: `@tessera/client` and what lies under it. */
export const entries: readonly string[] = Object.keys(manifest.exports)
  .filter((name) => !name.endsWith('.json'))
  .map((name) => `@tessera/client${name.slice(1)}`);

/** Builds, packs and installs. */
export function newConsumer(): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-consumer-'));
  const packed = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
    cwd: source,
    encoding: 'utf8',
  });
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  const installed = join(folder, 'node_modules/@tessera/client');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
  for (const name of others) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(modules, name), link);
  }
  return {
    folder,
    installed,
    tarball: Buffer.from(readFileSync(join(folder, filename))),
    files: files.map(({ path }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
