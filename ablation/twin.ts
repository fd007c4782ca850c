import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveTwin } from './serve';

/** EX_CONFIG of sysexits.h. */
const exitConfig = 78;
const loopback = new Set(['localhost', '127.0.0.1', '::1']);

/** Why the twin does not start with these settings; it is for nobody but the one who looks at it. */
function refusalOf(env: NodeJS.ProcessEnv): string | undefined {
  if ((env['NODE_ENV'] ?? 'development') !== 'development') return 'the twin starts in development alone';
  if (!loopback.has(env['HOST'] ?? 'localhost')) return 'the twin listens on loopback alone';
  if (env['MONGODB_URI'] !== undefined) return 'the twin has an embedded store of its own, and no other';
  if (env['DATA_DIR'] !== undefined) return 'the twin has a directory of its own, which it removes';
  if (env['ISSUER'] !== undefined) return 'the twin is known on this machine alone, by its own address';
  return undefined;
}

const refusal = refusalOf(process.env);
if (refusal !== undefined) {
  process.stderr.write(`${refusal}\n`);
  process.exit(exitConfig);
}
const directory = mkdtempSync(join(tmpdir(), 'tessera-twin-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
serveTwin({ DATA_DIR: directory });
