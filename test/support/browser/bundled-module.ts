import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(__dirname, '../../..');
const source = join(root, 'packages/client/src');
/** Each entry of the package that is one file, under the name that programs import it by. */
const entries = readdirSync(source)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => [`@tessera/client/${name.slice(0, -3)}`, join(source, name)] as const);

/** A script for a page from files by their names, the first of which is the program; React as in development. */
export async function bundledModule(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-page-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { outputFiles } = await build({
      entryPoints: [join(folder, Object.keys(files)[0] ?? '')],
      alias: { ...Object.fromEntries(entries), '@tessera/client': join(source, 'index.ts') },
      nodePaths: [join(root, 'node_modules')],
      define: { 'process.env.NODE_ENV': '"development"' },
      jsx: 'automatic',
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
    });
    return outputFiles[0]?.text ?? '';
  } finally {
    rmSync(folder, { recursive: true });
  }
}
