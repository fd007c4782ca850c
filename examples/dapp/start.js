/** Builds the dApp for the service at ISSUER, and serves it at http://localhost:PORT. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, extname, join } from 'node:path';
import { build } from 'esbuild';

const {
  ISSUER: issuer = 'http://localhost:3000',
  CLIENT_ID: clientId = 'example-dapp',
  PORT: port = '5174',
} = process.env;

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/main.tsx', 'src/index.html'],
  loader: { '.html': 'copy' },
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  define: {
    ISSUER: JSON.stringify(issuer),
    CLIENT_ID: JSON.stringify(clientId),
    'process.env.NODE_ENV': '"production"',
  },
  // Of one of wagmi's connectors, which is not used here; what it needs is not installed.
  external: ['porto/internal'],
  logLevel: 'warning',
});

const headers = {
  // No script runs but those that are built here, and they talk to the service alone. RainbowKit writes its styles into the
  // page, and icons, those of wallets too, are in data URLs.
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    'img-src data:',
    `connect-src ${new URL(issuer).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
/** @type {Readonly<Record<string, string>>} */
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css' };

createServer(({ url = '/' }, response) => {
  const [path = '/'] = url.split('?');
  // All files lie beside each other.
  const file = join('dist', basename(path) || 'index.html');
  const type = existsSync(file) ? types[extname(file)] : undefined;
  response.writeHead(type ? 200 : 404, { ...headers, 'content-type': type ?? 'text/plain' });
  response.end(type && readFileSync(file));
}).listen(Number(port), 'localhost', () => console.log(`Open http://localhost:${port}`));
