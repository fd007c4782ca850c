/**
 * Builds dist: each file of src as an ES module, as CommonJS, and with types for both. Files are not bundled: unused code is
 * not loaded, and a class is the same in every entry. With --if-needed only when a source is newer than dist.
 */
const { execFileSync } = require('node:child_process');
const { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('esbuild');

const source = join(__dirname, 'src');
const built = join(__dirname, 'dist');
/** Renamed when complete: whoever loads dist meanwhile gets the former build. */
const building = join(__dirname, `dist-${process.pid}`);
const entryPoints = readdirSync(source, { recursive: true })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => join(source, path));

function isNeeded() {
  const builtAt = statSync(join(built, 'index.d.cts'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return readdirSync(source, { recursive: true }).some((name) => statSync(join(source, name)).mtimeMs > builtAt);
}

/** Imports stay external; our own files get the extension that they have in dist. */
const apart = (ending) => ({
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^/ }, ({ kind, path }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/^(\..*)\.ts$/, `$1${ending}`), external: true },
    );
  },
});

const as = (format, ending) =>
  build({
    entryPoints,
    outdir: building,
    outbase: source,
    bundle: true,
    format,
    outExtension: { '.js': ending },
    target: 'es2022',
    plugins: [apart(ending)],
    logLevel: 'warning',
  });

/** Declarations name files of src: they are rewritten to those of dist, and for CommonJS to CommonJS. */
function writeDeclarations() {
  const compiler = join(require.resolve('typescript-7/package.json'), '../bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', __dirname, '--emitDeclarationOnly', '--outDir', building], {
    stdio: 'inherit',
  });
  for (const path of readdirSync(building, { recursive: true }).filter((each) => each.endsWith('.d.ts'))) {
    const text = readFileSync(join(building, path), 'utf8');
    const naming = (ending) => text.replace(/((?:from |import\()['"]\.[^'"]*)\.ts(?=['"])/g, `$1${ending}`);
    writeFileSync(join(building, path), naming('.js'));
    writeFileSync(join(building, path.replace(/\.d\.ts$/, '.d.cts')), naming('.cjs'));
  }
}

async function main() {
  await Promise.all([as('esm', '.js'), as('cjs', '.cjs')]);
  writeDeclarations();
  const former = `${building}-former`;
  if (existsSync(built)) renameSync(built, former);
  renameSync(building, built);
  rmSync(former, { recursive: true, force: true });
}

if (!process.argv.includes('--if-needed') || isNeeded()) {
  main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
