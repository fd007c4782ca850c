import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };

const folder = join(__dirname, '..');
const modules = join(folder, '../../node_modules');
/** What the issue allows the core, gzipped. */
const budget = 8 * 1024;

const program = (loaded: string) => `${loaded}; console.log(JSON.stringify(Object.keys(client).sort()))`;

interface Conditions {
  readonly types: string;
  readonly default: string;
}

const entries = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [[name, target as Record<'import' | 'require', Conditions>] as const],
);

describe('the package as it is published', () => {
  let consumer: string;

  beforeAll(() => {
    execFileSync(process.execPath, [join(folder, 'build.cjs')]);
    consumer = mkdtempSync(join(tmpdir(), 'tessera-consumer-'));
    mkdirSync(join(consumer, 'node_modules/@tessera'), { recursive: true });
    symlinkSync(folder, join(consumer, 'node_modules/@tessera/client'));
  });
  afterAll(() => rmSync(consumer, { recursive: true, force: true }));

  /** What a browser loads of a program, minified. */
  async function bundled(contents: string): Promise<{ readonly gzipped: number; readonly files: readonly string[] }> {
    const { outputFiles, metafile } = await build({
      stdin: { contents, resolveDir: consumer },
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
    });
    const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    );
    return { gzipped: gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length, files: used };
  }

  it('given all of the core, when it is bundled for a browser, then it is within its budget and loads nothing but itself', async () => {
    const { gzipped, files } = await bundled(`export * from '@tessera/client'`);

    expect(gzipped).toBeLessThanOrEqual(budget);
    expect(files.filter((path) => /dist\/(?:wallet|server|web)\/|node_modules\/(?!@tessera)/.test(path))).toEqual([]);
  });

  it('given one function of it, when it is bundled, then the rest is left out', async () => {
    const { gzipped, files } = await bundled(`export { memoryStorage } from '@tessera/client'`);

    expect(gzipped).toBeLessThan(300);
    expect(files.filter((path) => path.includes('/dist/'))).toHaveLength(1);
  });

  it('given every entry, when its files are looked for, then each is there, with its types', () => {
    const missing = entries.flatMap(([, conditions]) =>
      [conditions.import, conditions.require]
        .flatMap((each) => [each.types, each.default])
        .filter((path) => !existsSync(join(folder, path))),
    );

    expect(entries.length).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });

  it('given a program of either kind, when it loads the package, then both have the same names', () => {
    writeFileSync(join(consumer, 'one.mjs'), program(`import * as client from '@tessera/client'`));
    writeFileSync(join(consumer, 'one.cjs'), program(`const client = require('@tessera/client')`));

    const [esm, commonjs] = ['one.mjs', 'one.cjs'].map((name) =>
      JSON.parse(execFileSync(process.execPath, [join(consumer, name)], { encoding: 'utf8' })),
    );

    expect(commonjs).toEqual(esm);
    expect(esm).toContain('createClient');
  });

  it.each(['mts', 'cts'])(
    'given a program in TypeScript (.%s), when it is checked, then it has the types of its kind',
    (ending) => {
      const checked = `
      import { createClient, dpop, TesseraError, type TokenSet } from '@tessera/client';
      const client = createClient({ issuer: 'https://login.example.com', clientId: 'my-app', dpop: dpop() });
      export const token: Promise<TokenSet | undefined> = client.tokens();
      export const isOurs = (error: unknown): string => (error instanceof TesseraError ? error.advice : '');
      // @ts-expect-error: a client has an issuer.
      createClient({ clientId: 'my-app' });
    `;
      writeFileSync(join(consumer, `program.${ending}`), checked);
      const options = {
        compilerOptions: { module: 'nodenext', strict: true, noEmit: true, lib: ['ES2023', 'DOM'], types: [] },
        files: [`program.${ending}`],
      };
      writeFileSync(join(consumer, `${ending}.json`), JSON.stringify(options));

      const compiler = join(modules, 'typescript-7/bin/tsc');
      expect(() =>
        execFileSync(process.execPath, [compiler, '-p', join(consumer, `${ending}.json`)], { encoding: 'utf8' }),
      ).not.toThrow();
    },
  );

  it('given npm pack, when its files are listed, then they are what is loaded, the types, and what people read', () => {
    const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);

    expect(paths.filter((path) => !path.startsWith('dist/')).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(paths.filter((path) => !/\.(?:c?js|d\.c?ts)$/.test(path) && path.startsWith('dist/'))).toEqual([]);
    expect(paths.filter((path) => path.startsWith('dist/'))).toHaveLength(
      readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
        .length,
    );
  });

  it('given the manifest, when it is read, then it has no dependency and no side effects', () => {
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest.sideEffects).toBe(false);
  });
});
