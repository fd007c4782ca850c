import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../run/repository';

/** The packages beside ours, and what a login by PKCE with refresh and logout takes from each. */
const others = {
  'oidc-client-ts@3.5.0': `export { UserManager } from 'oidc-client-ts'`,
  '@auth0/auth0-spa-js@2.20.0': `export { createAuth0Client } from '@auth0/auth0-spa-js'`,
  'openid-client@6.9.0': `export { authorizationCodeGrant, buildAuthorizationUrl, buildEndSessionUrl,
    calculatePKCECodeChallenge, discovery, fetchProtectedResource, fetchUserInfo, randomPKCECodeVerifier, randomState,
    refreshTokenGrant, tokenRevocation } from 'openid-client'`,
  'better-auth@1.7.25': `export { createAuthClient } from 'better-auth/client'`,
} as const;

const page = join(root, 'docs/clients.md');

/** Measures what a browser loads for a login, minified and gzipped, and writes the row of docs/clients.md: `npm run docs:sizes`. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-sizes-'));
  try {
    const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', ...Object.keys(others)];
    execFileSync('npm', install, { cwd: folder, stdio: 'inherit' });
    const sizes = [await sizeOf(`export * from '@tessera/client'`, root)];
    for (const contents of Object.values(others)) sizes.push(await sizeOf(contents, folder));
    const row = `| bytes of a login in the browser | ${sizes.map((size) => size.toLocaleString('en')).join(' | ')} |`;
    writeFileSync(page, readFileSync(page, 'utf8').replace(/^\| bytes of a login .*$/m, row));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function sizeOf(contents: string, resolveDir: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

void main();
