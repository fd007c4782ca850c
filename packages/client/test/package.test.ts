import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { publint } from 'publint';
import { clientApiPage, gapsOf } from '../../../test/support/docs/client-api-page.ts';
import { guidePage } from '../../../test/support/docs/client-guide.ts';
import manifest from '../package.json' with { type: 'json' };
import { fixture } from '../../../test/support/run/fixture.ts';
import { entries, newConsumer } from './support/consumer.ts';

const compiler = join(__dirname, '../../../node_modules/typescript-7/bin/tsc');
/** What the issue allows the core, gzipped. */
const budget = 8 * 1024;

/** A program that prints the names of every entry, each loaded by `load`. */
const namesOf = (load: string) => `(async () => {
  const names = {};
  for (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(await ${load}(entry)).sort();
  console.log(JSON.stringify(names));
})();`;

describe('the package as it is published', () => {
  const consumer = fixture(newConsumer);

  /** What a program prints. */
  function run(name: string, contents: string | Uint8Array): Record<string, string[]> {
    writeFileSync(join(consumer.folder, name), contents);
    const printed = execFileSync(process.execPath, [join(consumer.folder, name)], { encoding: 'utf8' });
    return JSON.parse(printed) as Record<string, string[]>;
  }

  /** What the compiler says of files of the program. */
  function faultsIn(files: readonly string[], options: object): string {
    const compilerOptions = { strict: true, noEmit: true, lib: ['ES2023', 'DOM'], types: ['node'], ...options };
    writeFileSync(join(consumer.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', consumer.folder], { encoding: 'utf8' });
    return status === 0 ? '' : `${status}: ${stdout}`;
  }

  /** What a browser loads of a program, minified. */
  async function bundled(contents: string): Promise<{ readonly gzipped: number; readonly files: readonly string[] }> {
    const { outputFiles, metafile } = await build({
      stdin: { contents, resolveDir: consumer.folder },
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
    expect(
      files.filter((path) =>
        /dist\/(?:(?:wallet|server|web)\/|popup|react|session|svelte|vue)|node_modules\/(?!@tessera)/.test(path),
      ),
    ).toEqual([]);
  });

  it('given the sources, when they are built and packed again, then it is the same file', () => {
    const again = newConsumer();
    again.remove();

    expect(again.tarball.equals(consumer.tarball)).toBe(true);
  });

  it('given one function of it, when it is bundled, then the rest is left out', async () => {
    const { gzipped, files } = await bundled(`export { memoryStorage } from '@tessera/client'`);

    expect(gzipped).toBeLessThan(300);
    expect(files.filter((path) => path.includes('/dist/'))).toHaveLength(1);
  });

  it('given programs of both kinds and a bundle, when they load every entry, then each has the same names', async () => {
    const imported = entries.map((entry, index) => `import * as entry${index} from '${entry}';`);
    const all = `{ ${entries.map((entry, index) => `'${entry}': entry${index}`).join(', ')} }`;
    const { outputFiles } = await build({
      stdin: {
        contents: `${imported.join('\n')}\nconst load = (entry) => (${all})[entry];\n${namesOf('load')}`,
        resolveDir: consumer.folder,
      },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
    });

    const modules = run('modules.mjs', namesOf('import'));
    const commonjs = run('commonjs.cjs', namesOf('require'));
    const bundle = run('bundle.mjs', outputFiles[0]?.contents ?? '');

    expect(Object.keys(modules)).toEqual(entries);
    expect(entries.filter((entry) => modules[entry]?.length === 0)).toEqual([]);
    expect(commonjs).toEqual(modules);
    expect(bundle).toEqual(modules);
    expect(modules['@tessera/client']).toContain('createClient');
  });

  it.each([
    ['a module and one of CommonJS', ['program.mts', 'program.cts'], { module: 'nodenext' }],
    ['for a bundler', ['program.ts'], { module: 'esnext', moduleResolution: 'bundler' }],
  ])('given a program that is %s, when it is checked, then it has the types of its kind', (_, files, options) => {
    const program = `
      import { createClient, dpop, TesseraError, type TokenSet } from '@tessera/client';
      ${entries.map((entry, index) => `export * as entry${index} from '${entry}';`).join('\n')}
      const client = createClient({ issuer: 'https://login.example.com', clientId: 'my-app', dpop: dpop() });
      export const token: Promise<TokenSet | undefined> = client.tokens();
      export const isOurs = (error: unknown): string => (error instanceof TesseraError ? error.advice : '');
      // @ts-expect-error: a client has an issuer.
      createClient({ clientId: 'my-app' });
    `;
    for (const file of files) writeFileSync(join(consumer.folder, file), program);

    expect(faultsIn(files, options)).toBe('');
  });

  it('given the blocks of README.md, when each is checked against the types, then nothing is wrong', () => {
    const blocks = guidePage('packages/client/README.md').blocksOf(undefined, 'js');
    const files = blocks.map((_, index) => `block${index}.mjs`);
    for (const [index, block] of blocks.entries()) writeFileSync(join(consumer.folder, `block${index}.mjs`), block);
    // What the blocks do not say: the application is one of Express, and Expo's modules are not installed here.
    writeFileSync(join(consumer.folder, 'app.d.ts'), `declare const app: import('express').Express;`);
    const expo = readFileSync(join(__dirname, '../../../examples/mobile/expo-modules.d.ts'));
    writeFileSync(join(consumer.folder, 'expo.d.ts'), expo);
    const options = { module: 'nodenext', allowJs: true, checkJs: true, noUncheckedIndexedAccess: true };

    expect(files).not.toEqual([]);
    expect(faultsIn([...files, 'app.d.ts', 'expo.d.ts'], options)).toBe('');
  });

  it('given the tarball, when attw resolves the types of every entry as each kind of program does, then nothing is wrong', async () => {
    const checked = await checkPackage(createPackageFromTarballData(consumer.tarball));

    expect(checked).toMatchObject({ types: { kind: 'included' }, problems: [] });
    expect('entrypoints' in checked && Object.keys(checked.entrypoints)).toHaveLength(entries.length + 1);
  });

  it('given the tarball, when publint reads its manifest and files, then it has nothing to say', async () => {
    const { messages } = await publint({ pack: { tarball: consumer.tarball.buffer }, strict: true });

    expect(messages).toEqual([]);
  });

  it('given the tarball, when its files are listed, then they are what is loaded, the types, and what people read', () => {
    const { files } = consumer;
    const built = files.filter((path) => path.startsWith('dist/'));
    const sources = readdirSync(join(__dirname, '../src'), { recursive: true, encoding: 'utf8' });
    const expected = sources
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => ['.js', '.cjs', '.d.ts', '.d.cts'].map((ending) => `dist/${path.slice(0, -3)}${ending}`));

    expect(files.filter((path) => !built.includes(path)).toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(built.toSorted()).toEqual(expected.toSorted());
  });

  it('given the types, when docs/client-api.md is written anew from them, then it is the one that is there', async () => {
    const page = readFileSync(join(__dirname, '../../../docs/client-api.md'), 'utf8');

    expect(await clientApiPage(consumer.installed)).toBe(page);
  });

  it('given the types, when they are looked through, then all that is exported says what it is, and all that it names is exported', () => {
    expect(gapsOf(consumer.installed)).toEqual([]);
  });

  it('given the manifest, when it is read, then it has no dependency and no side effects', () => {
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest.sideEffects).toBe(false);
  });
});
