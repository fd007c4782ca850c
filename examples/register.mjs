/**
 * Brings the service of this repository to what the tessera.yaml of an example says, as its operator would: by the command
 * `tessera`, on the service's store (DATA_DIR or MONGODB_URI, as the service has them), whether it runs or not. The secret of a
 * confidential client is made anew each time, and written to .env.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const program = join(root, 'dist/tessera.js');
// The port is the example's, and not the service's.
const { PORT: givenPort, ...env } = process.env;

// The first start of the service does it.
if (!existsSync(program)) execFileSync('npm', ['run', '--silent', 'build'], { cwd: root });

const folder = mkdtempSync(join(tmpdir(), 'tessera-example-'));
try {
  // APIs are known by their whole URL, with the port that the example listens on.
  const text = readFileSync('tessera.yaml', 'utf8').replaceAll(/\$\{PORT:-(\d+)\}/g, (_, port) => givenPort ?? port);
  writeFileSync(join(folder, 'tessera.yaml'), text);
  tessera('apply', join(folder, 'tessera.yaml'));
  /** @type {{ clients: { client_id: string, token_endpoint_auth_method: string }[] }} */
  const { clients } = parse(text);
  const confidential = clients.find((each) => each.token_endpoint_auth_method.startsWith('client_secret'));
  if (confidential !== undefined) {
    const { client_secret: secret } = tessera('clients', 'secret', confidential.client_id);
    writeFileSync('.env', `CLIENT_SECRET=${secret}\n`, { mode: 0o600 });
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {string[]} words */
function tessera(...words) {
  return JSON.parse(
    execFileSync(process.execPath, [program, ...words, '--json'], { cwd: root, env, encoding: 'utf8' }),
  );
}
